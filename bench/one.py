"""Write one more record by the gate's own writer, look for it as a reader, take it out again."""

import os
import sys
import time
import urllib.request
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from django.db import transaction

    from engagements.management.commands.seed_catalogue import SAMPLE
    from engagements.render import store
    from engagements.revision import lock_register, raise_revision
    from engagements.seeding import Seeder, read_templates
    from milidip.catalogue.models import Entry

    seeder = Seeder(read_templates(Path(SAMPLE)), seed=2)
    before = shown()
    began = time.perf_counter()
    one = seeder.rendered(999_999_999)
    with transaction.atomic():
        lock_register()
        store([one], seeder.atlas)
        raise_revision()
    written = time.perf_counter()
    after = shown()
    seen = time.perf_counter()
    Entry.objects.filter(reference=one.reference).delete()
    raise_revision()
    if (after, shown()) != (before + 1, before):
        raise SystemExit("What was published did not show at once.")
    sys.stdout.write(f"{written - began} {seen - written}")


def shown() -> int:
    """Return how many records the list says there are."""
    with urllib.request.urlopen(os.environ["OURS"] + "/engagements/", timeout=60) as answer:
        answer.read()
        return int(answer.headers["X-Total-Count"])


if __name__ == "__main__":
    main()
