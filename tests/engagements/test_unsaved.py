"""What is typed is kept until it is saved, for whoever typed it and nobody else."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from engagements import unsaved
from engagements.models import Engagement, OpenRecord, Unsaved
from tests.engagements.screens import fields_of, send
from tests.engagements.test_admin import ADD, as_, change
from tests.engagements.test_erasure import erased
from tests.factories import EngagementFactory, StakeholderFactory, UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = reverse("admin:engagements_engagement_unsaved")
SLOT = "a-slot-of-a-form"


@pytest.fixture
def contributor():
    return UserFactory(contributor=True)


@pytest.fixture
def client(contributor):
    return as_(contributor)


@pytest.fixture
def record(contributor):
    return EngagementFactory(created_by=contributor, title="As saved")


def of(record: Engagement) -> str:
    return f"{ADDRESS}?record={record.pk}"


def type_in(client: Client, address: str, page: str, slot: str = SLOT, **changes):
    """Open a page and type, without saving: what its script would send."""
    data = fields_of(client.get(page)) | {"unsaved_slot": slot}
    data |= {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(address, data)


def test_what_is_typed_is_offered_again_and_taken_up_as_it_stood(client, record):
    answer = type_in(client, of(record), change(record), title="As typed", start="2019-1").json()
    assert answer["said"].startswith("Saved as you typed at")
    assert "is missing" in answer["checklist"] or "are missing" in answer["checklist"]
    page = client.get(change(record)).content.decode()
    assert "that was not saved" in page
    assert "“As typed”" in page
    again = client.get(f"{change(record)}?unsaved={SLOT}")
    assert fields_of(again)["title"] == ["As typed"]
    assert fields_of(again)["start"] == ["2019-1"]
    assert "errorlist" not in again.content.decode()
    record.refresh_from_db()
    assert record.title == "As saved"


def test_rows_that_were_added_come_back_too(client):
    army = StakeholderFactory(name="Croatian Army")
    type_in(
        client,
        ADDRESS,
        ADD,
        title="Half of it",
        participations__TOTAL_FORMS="3",
        participations__2__stakeholder=str(army.pk),
        participations__2__role="host",
        participations__2__capacity="official",
    )
    assert "“Half of it”" in client.get(ADD).content.decode()
    again = client.get(f"{ADD}?unsaved={SLOT}")
    assert fields_of(again)["title"] == ["Half of it"]
    assert fields_of(again)["participations-2-stakeholder"] == [str(army.pk)]
    assert fields_of(again)["participations-TOTAL_FORMS"] == ["3"]
    assert "Croatian Army" in again.content.decode()
    assert not Engagement.objects.exists()


def test_what_was_taken_up_is_saved_like_anything_and_then_gone(client, record):
    type_in(client, of(record), change(record), title="As typed")
    send(client, f"{change(record)}?unsaved={SLOT}")
    record.refresh_from_db()
    assert record.title == "As typed"
    assert "that was not saved" not in client.get(change(record)).content.decode()
    row = Unsaved.objects.get(slot=SLOT)
    assert (row.fields, row.settled_at is not None) == ({}, True)


def test_an_old_copy_that_comes_after_the_save_is_not_kept(client, record):
    type_in(client, of(record), change(record), title="As typed")
    data = fields_of(client.get(f"{change(record)}?unsaved={SLOT}"))
    client.post(change(record), data | {"_continue": "1"})
    assert client.post(of(record), data | {"title": "Older"}).json()["settled"]
    assert Unsaved.objects.get(slot=SLOT).fields == {}


def test_it_is_thrown_away_without_script(client, record):
    type_in(client, of(record), change(record), title="As typed")
    answer = client.post(
        of(record),
        {"unsaved_slot": SLOT, "unsaved_discard": "1", "unsaved_back": "https://evil.example/"},
    )
    assert (answer.status_code, answer.url) == (302, change(record))
    assert "that was not saved" not in client.get(change(record)).content.decode()


def test_two_windows_do_not_overwrite_each_other(client, record):
    type_in(client, of(record), change(record), slot="first-window", title="One")
    type_in(client, of(record), change(record), slot="second-window", title="Two")
    page = client.get(change(record)).content.decode()
    assert "“One”" in page
    assert "“Two”" in page


def test_nobody_reads_what_somebody_else_typed(client, record):
    type_in(client, of(record), change(record), title="Jane Zyxmarker")
    for who in ("administrator", "editor", "contributor"):
        other = as_(UserFactory(**{who: True}))
        for address in (
            change(record),
            f"{change(record)}?unsaved={SLOT}",
            f"{of(record)}&slot={SLOT}",
        ):
            assert "Zyxmarker" not in other.get(address).content.decode()
        other.post(of(record), {"unsaved_slot": SLOT, "title": "Mine"})
    mine = Unsaved.objects.get(slot=SLOT, fields__title=["Jane Zyxmarker"])
    assert mine.settled_at is None


def test_a_browser_hands_in_nothing_in_the_name_of_somebody_else(client, contributor):
    other = UserFactory(contributor=True)
    sent = {"unsaved_slot": SLOT, "unsaved_user": str(other.pk), "title": "Theirs"}
    assert client.post(ADDRESS, sent).status_code == 409
    assert not Unsaved.objects.exists()


def test_who_is_signed_out_is_told_so_and_keeps_nothing_here(record):
    answer = Client().post(of(record), {"unsaved_slot": SLOT, "title": "x"})
    assert answer.status_code == 401
    assert answer.json() == {"sign_in": reverse("account_login")}
    assert not Unsaved.objects.exists()


def test_a_slot_that_no_form_has_and_a_text_without_end_are_refused(client, monkeypatch):
    assert client.post(ADDRESS, {"unsaved_slot": "x", "title": "y"}).status_code == 400
    monkeypatch.setattr(unsaved, "LARGEST", 10)
    sent = {"unsaved_slot": SLOT, "title": "y" * 11}
    assert client.post(ADDRESS, sent).status_code == 400
    assert client.post(f"{ADDRESS}?page=elsewhere", sent).status_code == 400
    assert not Unsaved.objects.exists()


def test_tokens_and_buttons_are_not_kept(client):
    client.post(
        ADDRESS,
        {
            "unsaved_slot": SLOT,
            "csrfmiddlewaretoken": "secret",
            "_save": "Save",
            "title": "x",
            "places-__prefix__-name": "",
            "unsaved_user": client.session["_auth_user_id"],
        },
    )
    assert Unsaved.objects.get().fields == {"title": ["x"]}


def test_a_form_of_another_page_is_kept_apart_and_read_by_the_script(client):
    quick = f"{ADDRESS}?page=quick"
    client.post(quick, {"unsaved_slot": SLOT, "title": "Quickly", "who": ["a", "b"]})
    assert "Quickly" not in client.get(ADD).content.decode()
    state = client.get(f"{quick}&slot={SLOT}").json()
    assert state["fields"]["who"] == ["a", "b"]
    assert "Quickly" in client.get(quick).json()["offers"]


def test_what_was_typed_on_a_record_that_moved_on_is_kept_and_told(client, record):
    data = fields_of(client.get(change(record)))
    Engagement.objects.filter(pk=record.pk).update(state="submitted")
    sent = data | {"title": "Too late", "_save": "1"}
    page = client.post(change(record), sent, follow=True)
    assert "nothing was saved. What you typed is kept" in page.content.decode()
    record.refresh_from_db()
    assert record.title == "As saved"
    Engagement.objects.filter(pk=record.pk).update(state="returned")
    assert "“Too late”" in client.get(change(record)).content.decode()


def test_a_former_form_that_cannot_be_taken_up_is_the_form_as_saved(client, record):
    page = client.get(f"{change(record)}?unsaved=nothing-there")
    assert fields_of(page)["title"] == ["As saved"]


# --- for how long ----------------------------------------------------------------------------------


def test_after_thirty_days_it_is_deleted(client, record, capsys):
    type_in(client, of(record), change(record), slot="an-old-window", title="Old")
    Unsaved.objects.update(typed_at=timezone.now() - timedelta(days=31))
    type_in(client, of(record), change(record), slot="a-new-window", title="New")
    call_command("clear_imports")
    assert [row.slot for row in Unsaved.objects.all()] == ["a-new-window"]
    assert "1 unsaved texts deleted" in capsys.readouterr().out


def test_an_erasure_takes_a_name_out_of_what_was_typed(client, record, contributor):
    person = StakeholderFactory(person=True, name="Amina Zyxmarker")
    type_in(client, of(record), change(record), summary="Amina Zyxmarker spoke first.")
    erased(person, UserFactory(editor=True), UserFactory(reviewer=True))
    assert Unsaved.objects.get().fields["summary"] == ["[erased] spoke first."]


# --- who else is there -------------------------------------------------------------------------------


def beat(user, record):
    return as_(user).post(of(record), {"unsaved_beat": "1", "unsaved_user": str(user.pk)}).json()


def test_colleagues_are_told_who_has_the_record_open_since_when(record, contributor):
    editor = UserFactory(editor=True, first_name="Ann", last_name="Editor")
    assert "has had this record open" not in beat(editor, record)["others"]
    told = beat(contributor, record)["others"]
    assert "Ann Editor" in told
    assert "has had this record open since" in told
    assert "Ann Editor" in as_(contributor).get(change(record)).content.decode()


def test_who_left_is_there_no_longer_and_comes_anew(record, contributor):
    editor = UserFactory(editor=True)
    beat(editor, record)
    long_ago = timezone.now() - timedelta(hours=2)
    OpenRecord.objects.update(seen_at=long_ago, since=long_ago)
    assert "has had this record open" not in beat(contributor, record)["others"]
    beat(editor, record)
    assert OpenRecord.objects.get(user=editor).since > long_ago


def test_a_beat_keeps_no_text(record, contributor):
    beat(contributor, record)
    assert not Unsaved.objects.exists()


def test_who_may_see_no_record_is_told_nothing(record):
    nobody = UserFactory()
    assert as_(nobody).get(of(record)).status_code == 403
    assert as_(nobody).get(ADDRESS).status_code == 403
