"""Who may do what on the working side: the four groups and their permissions.

`migrate` sets these groups to exactly what is written here. Other arrangements go into groups
with other names, which nothing here touches. An administrator is a superuser and in no group.
"""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, transaction

CONTRIBUTOR = "Contributor"
REVIEWER = "Ethics reviewer"
EDITOR = "Editor"
VOCABULARY_MANAGER = "Vocabulary manager"

# What is logged on one screen with an engagement: a line may also be taken out again.
PARTS = (
    *("place", "source", "participation", "participationsource", "outcome", "relatedengagement"),
    *("exercisedetails", "exchangedetails", "peaceoperationdetails", "dialoguedetails"),
)
ACTORS = ("stakeholder", "othername", "identifier")
REVIEW = ("ethicalreview", "condition", "conductassessment", "criterionfinding", "allegation")


# Who holds one of these decides what the public reads, or who may: the second factor is for them.
POWERS = (
    "engagements.review_engagement",
    "engagements.publish_engagement",
    "engagements.withdraw_engagement",
    "stakeholders.add_protection",
    "stakeholders.merge_stakeholder",
    "stakeholders.erase_person",
    "auth.add_user",
    "auth.change_user",
    "auth.change_group",
    "mfa.delete_authenticator",
)


def all_may_see() -> set[str]:
    """The vocabularies, the records and their reviews; not the history, which knows more."""
    seen = {
        f"codebook.view_{model._meta.model_name}"
        for model in apps.get_app_config("codebook").get_models()
        if not hasattr(model, "pgh_tracked_model")
    }
    for name in (
        "engagement",
        "series",
        "template",
        "mergedrecord",
        "publication",
        "countryflag",
        "savedfilter",
        *PARTS,
        *REVIEW,
    ):
        seen.add(f"engagements.view_{name}")
    return seen | {f"stakeholders.view_{name}" for name in ACTORS}


def may(app: str, actions: tuple[str, ...], *models: str) -> set[str]:
    return {f"{app}.{action}_{model}" for action in actions for model in models}


ADD_AND_CHANGE = ("add", "change")
ADD_CHANGE_DELETE = ("add", "change", "delete")


def groups() -> dict[str, set[str]]:
    """Group name -> permissions, each as `app_label.codename`."""
    logging = (
        may("engagements", ADD_AND_CHANGE, "engagement", "series")
        | may("engagements", ("change", "delete"), "template")
        | may("engagements", ADD_CHANGE_DELETE, *PARTS)
        | may("stakeholders", ADD_AND_CHANGE, *ACTORS)
        | {"stakeholders.delete_othername", "stakeholders.delete_identifier"}
        | {"engagements.submit_engagement"}
    )
    # Lists that somebody comes back to: one's own, row by row. Sharing is for who leads a desk.
    saving = may("engagements", ADD_CHANGE_DELETE, "savedfilter")
    sharing = saving | {"engagements.share_savedfilter"}
    vocabularies = {
        model._meta.model_name
        for model in apps.get_app_config("codebook").get_models()
        if hasattr(model, "code") and not hasattr(model, "pgh_tracked_model")
    } - {"fixedterm"}
    return {
        CONTRIBUTOR: all_may_see() | logging | saving,
        REVIEWER: all_may_see()
        # What was decided is superseded and never changed; conditions are marked as met.
        | may("engagements", ("add",), *REVIEW)
        | {"engagements.change_condition"}
        | sharing
        | may("engagements", ADD_AND_CHANGE, "countryflag")
        | may("stakeholders", ("view",), "protection", "personrequest", "erasure")
        | may("engagements", ("view",), "hold", "schedule")
        | may("engagements", ("view", "change"), "readerreport")
        # A promise is made quickly, and by more than one role; an erasure takes two people.
        | {"engagements.review_engagement"}
        | {"stakeholders.add_protection", "stakeholders.erase_person"},
        EDITOR: all_may_see()
        | logging
        | sharing
        | {
            "engagements.publish_engagement",
            "engagements.withdraw_engagement",
            "stakeholders.merge_stakeholder",
            "stakeholders.add_protection",
            "stakeholders.erase_person",
        }
        | may("stakeholders", ("view",), "protection", "personrequest", "erasure")
        | may("stakeholders", ADD_AND_CHANGE, "personrequest")
        | may("engagements", ADD_AND_CHANGE, "countryflag")
        | may("engagements", ("view",), "hold", "schedule")
        | may("engagements", ("view", "add", "change"), "invitation")
        | may("engagements", ("view", "change"), "readerreport"),
        VOCABULARY_MANAGER: all_may_see()
        | may("codebook", ADD_AND_CHANGE, *sorted(name for name in vocabularies if name)),
    }


def ensure_groups(using: str = DEFAULT_DB_ALIAS) -> None:
    """Set the groups to what is written here. Safe to repeat."""
    with transaction.atomic(using=using):
        known = {
            f"{permission.content_type.app_label}.{permission.codename}": permission
            for permission in Permission.objects.using(using).select_related("content_type")
        }
        for name, wanted in groups().items():
            group, _ = Group.objects.using(using).get_or_create(name=name)
            group.permissions.set([known[code] for code in sorted(wanted) if code in known])
