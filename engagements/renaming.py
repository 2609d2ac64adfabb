"""What follows when the names of an actor change? Spelling follows at once, substance does not.

Snapshots stay as they were. The published spelling (`ActorSnapshot`) changes, everything that
names the actor is rendered anew, and no new version is made. Kind, country, level and parent
wait for the next publication of a record that names the actor.
"""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.disclosure import public_other_names
from engagements.models import ActorSnapshot
from engagements.protection import Effect, concerned, keep_promise
from engagements.render import render
from engagements.requirements import Problem
from engagements.revision import lock_register
from engagements.workflow import NotAllowed
from stakeholders.models import PERSON, Protection, Stakeholder

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def may_rename(user: "User") -> bool:
    """What is public changes by it: for those who publish."""
    return user.has_perm("engagements.publish_engagement")


def spelling(stakeholder: Stakeholder) -> tuple[str, list[str]]:
    """Return the name and other names as the public would read them."""
    others = sorted(stakeholder.other_names.values_list("name", flat=True))  # type: ignore[attr-defined]
    return stakeholder.name, public_other_names(stakeholder.type_id, others)


def published_spelling(stakeholder: Stakeholder) -> list[str]:
    """Return the name and other names that the public reads; nothing, if it reads none."""
    published = ActorSnapshot.objects.filter(reference=stakeholder.reference).first()
    if published is None:
        return []
    return [published.facts["name"], *published.facts["other_names"]]


def is_spelled_otherwise(stakeholder: Stakeholder) -> bool:
    """Tell whether the public reads another spelling than the working side has."""
    published = published_spelling(stakeholder)
    name, other_names = spelling(stakeholder)
    return bool(published) and published != [name, *other_names]


@transaction.atomic
def names_changed(stakeholder: Stakeholder, by: "User") -> Effect:
    """After an actor was saved: look for its names where it is withheld, and publish them.

    The names of the working side are looked for at once, whoever wrote them; a new spelling is
    published only by somebody who may publish, and otherwise waits for them.
    """
    if Protection.objects.filter(stakeholder=stakeholder).exists():
        return keep_promise(stakeholder)
    effect = Effect()
    effect.changed = render(concerned({stakeholder.reference}), offline=effect.offline)
    if may_rename(by) and is_spelled_otherwise(stakeholder):
        try:
            renamed = rename(stakeholder, by)
        except NotAllowed as refusal:
            effect.refused = refusal.problems
        else:
            effect.changed += renamed.changed
            effect.offline |= renamed.offline
    return effect


@transaction.atomic
def rename(stakeholder: Stakeholder, by: "User") -> Effect:
    """Publish the spelling that the working side has, in every record that names the actor.

    It is refused when the new spelling holds the name of somebody who must not be named there.
    """
    if not may_rename(by):
        raise NotAllowed([Problem(_("You may not publish a new spelling."))])
    lock_register()
    published = ActorSnapshot.objects.select_for_update().get(reference=stakeholder.reference)
    name, other_names = spelling(stakeholder)
    if published.facts["type"] == PERSON:
        other_names = []
    published.facts |= {"name": name, "other_names": other_names}
    published.save(update_fields=["facts"])
    effect = Effect()
    effect.changed = render(concerned({stakeholder.reference}), offline=effect.offline)
    refused = sorted(
        reference
        for reference, found in effect.offline.items()
        if any(place.startswith("participations") for place, _actor in found)
    )
    if refused:
        raise NotAllowed(
            [
                Problem(
                    _("The new spelling holds a name that is withheld in: %(records)s.")
                    % {"records": ", ".join(refused)},
                    "name",
                )
            ]
        )
    return effect
