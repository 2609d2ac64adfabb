"""The groups hold what engagements/groups.py says, and four eyes are four."""

import pytest
from django.contrib.auth.models import Group, Permission

from engagements import groups


def permissions_of(name: str) -> set[str]:
    held = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in held}


def test_every_permission_named_in_the_code_exists(db: None) -> None:
    for name, wanted in groups.groups().items():
        assert permissions_of(name) == wanted


def test_contributors_log_and_submit_and_cannot_clear_or_publish(db: None) -> None:
    held = permissions_of(groups.CONTRIBUTOR)
    assert {"engagements.add_engagement", "engagements.submit_engagement"} <= held
    assert not {"engagements.review_engagement", "engagements.publish_engagement"} & held
    assert "stakeholders.view_protection" not in held


def test_reviewers_clear_and_write_no_records(db: None) -> None:
    held = permissions_of(groups.REVIEWER)
    assert "engagements.review_engagement" in held
    assert not {"engagements.change_engagement", "engagements.publish_engagement"} & held


def test_editors_publish_and_do_not_clear(db: None) -> None:
    held = permissions_of(groups.EDITOR)
    assert {"engagements.publish_engagement", "engagements.withdraw_engagement"} <= held
    assert "engagements.review_engagement" not in held


def test_vocabulary_managers_change_terms_and_nothing_else(db: None) -> None:
    held = permissions_of(groups.VOCABULARY_MANAGER)
    writing = {code for code in held if ".view_" not in code}
    assert "codebook.add_theme" in writing
    assert all(code.startswith("codebook.") for code in writing)
    assert not any(".delete_" in code for code in writing)


@pytest.mark.parametrize("name", groups.groups())
def test_no_group_reads_the_history_or_manages_accounts(db: None, name: str) -> None:
    """The history knows protected names; accounts are the administrator's."""
    for code in permissions_of(name):
        assert not code.endswith("event")
        assert code.partition(".")[0] in {"codebook", "engagements", "stakeholders"}


def test_what_somebody_changed_in_these_groups_is_put_right_by_migrate(db: None) -> None:
    group = Group.objects.get(name=groups.EDITOR)
    group.permissions.set([Permission.objects.get(codename="delete_user")])
    own = Group.objects.create(name="Our own")
    own.permissions.set([Permission.objects.get(codename="view_user")])
    groups.ensure_groups()
    assert permissions_of(groups.EDITOR) == groups.groups()[groups.EDITOR]
    assert permissions_of("Our own") == {"auth.view_user"}
