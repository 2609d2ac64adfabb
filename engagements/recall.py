"""What was promised away must leave the files too: those that are ready, and the releases.

Whatever takes something back calls this in its own transaction. From then on every request for
a file that may hold it is refused, by the register's own row and that of the release. The files
are removed from the disk afterwards; nothing depends on that.
"""

from collections.abc import Collection

from django.db import models, transaction
from django.utils import timezone

from engagements.revision import raise_revision
from milidip.catalogue.files import shelf
from milidip.catalogue.models import Register, Release, ReleaseRecord


def recall(changed: Collection[str], absent: Collection[str] = ()) -> None:
    """Let no file that was cut before this moment give these records out.

    ``changed`` are records whose public rows were just written or removed: the ready files of
    the whole register are recalled, and the releases that have one. ``absent`` are those that
    were not public any more, as when their clearance had ended: only a release can have them.
    A promise that changes nothing in public leaves no trace here either.
    """
    holding = Release.objects.holding({*changed, *absent})
    withdrawn = holding.standing().update(withdrawn_on=timezone.now().date())
    if not (changed or withdrawn):
        return
    # What can be tried out against a guess is not kept of what was taken back.
    ReleaseRecord.objects.filter(reference__in={*changed, *absent}).update(digest="")
    if changed:
        Register.objects.update(files_from=models.F("revision"))
    else:
        raise_revision()
    transaction.on_commit(shelf.clear, robust=True)
