"""Readers answer: what they send, what becomes of it, and how little it can be abused."""

import logging
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from engagements import protection, reports, workflow
from engagements.models import Hold, ReaderReport, RecentSender
from engagements.reports import Message
from milidip.catalogue.models import Tombstone
from milidip.roles import PUBLIC
from tests.engagements.screens import send
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db
NAME = "Aurelix Quillvorn"
HERE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def record():
    person = StakeholderFactory(person=True, name=NAME)
    engagement = EngagementFactory()
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(engagement)
    publish(engagement)
    return engagement


def path(record, page: str = "risk") -> str:
    return f"/engagements/{record.reference}/{page}/"


def tell(record, page: str = "risk", *, headers=HERE, address="192.0.2.1", **fields):
    from urllib.parse import urlencode

    sent = urlencode({"text": "Look at this.", **fields})
    client = Client(REMOTE_ADDR=address)
    return client.post(path(record, page), sent, content_type=FORM, headers=headers)


def shown(record) -> str:
    return Client().get(f"/engagements/{record.reference}/").content.decode()


def report(record, kind: str = "risk", **fields) -> ReaderReport:
    return ReaderReport.objects.create(
        engagement=record, kind=kind, version=1, text="Look at this.", **fields
    )


# --- what comes in -------------------------------------------------------------------------------


def test_a_correction_is_stored_with_the_version_that_was_read_and_changes_nothing(record):
    clear(record)
    publish(record)
    response = tell(record, "correct", version="1", contact="reader@example.org")
    assert response.status_code == 303
    assert response["Location"] == f"{path(record, 'correct')}?received=1"
    stored = ReaderReport.objects.get()
    assert (stored.kind, stored.version, stored.text) == ("correction", 1, "Look at this.")
    assert stored.contact == "reader@example.org"
    assert NAME in shown(record)
    assert not Hold.objects.exists()


def test_a_risk_hides_the_names_at_once_in_every_version_and_says_not_why(record):
    clear(record)
    publish(record)
    assert NAME in shown(record)
    assert tell(record).status_code == 303
    for version in ("", "v1/"):
        page = Client().get(f"/engagements/{record.reference}/{version}").content.decode()
        assert NAME not in page
        assert "hold" not in page.partition("<main")[2].casefold()
    hold = Hold.objects.get()
    assert (hold.kind, hold.held_by) == ("names", None)
    assert ReaderReport.objects.get().names_hidden
    assert Client().get(f"/engagements/{record.reference}/").status_code == 200


def test_with_the_setting_off_a_risk_waits_for_somebody(record, settings):
    settings.RISK_REPORT_HIDES_NAMES = False
    tell(record)
    assert ReaderReport.objects.risks().get().names_hidden is False
    assert NAME in shown(record)
    assert "hidden at once" not in Client().get(path(record)).content.decode()


def test_the_pages_give_back_nothing_of_the_record_and_nothing_that_was_sent(record):
    record_page = shown(record)
    for page in ("correct", "risk"):
        for query in ("", "?received=1", "?version=99"):
            text = Client().get(path(record, page) + query).content.decode()
            assert record.title in record_page
            assert record.title not in text
            assert NAME not in text
            assert record.reference in text
    tell(record, text="Zyxmarker", contact="zyx@example.org")
    for address in (
        path(record),
        f"{path(record)}?received=1",
        f"/engagements/{record.reference}/",
    ):
        assert "zyx" not in Client().get(address).content.decode().casefold()


def test_a_record_that_has_left_answers_410_and_one_that_never_was_404(record):
    draft = EngagementFactory()
    Tombstone.objects.create(reference="MD-0EXP1R", kind="expired", left_on="2020-01-01")
    workflow.withdraw(record, UserFactory(editor=True), "Asked.")
    for page in ("correct", "risk"):
        assert Client().get(path(record, page)).status_code == 410
        assert tell(record, page).status_code == 410
        assert Client().get(f"/engagements/MD-0EXP1R/{page}/").status_code == 410
        assert Client().get(path(draft, page)).status_code == 404
        assert tell(draft, page).status_code == 404
    assert not ReaderReport.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
    ],
)
def test_what_another_site_sends_is_refused(record, headers):
    assert tell(record, headers=headers).status_code == 403
    assert not ReaderReport.objects.exists()


@pytest.mark.parametrize("headers", [{"Origin": "http://testserver"}, HERE])
def test_a_form_of_this_site_needs_no_cookie_and_sets_none(record, headers):
    response = tell(record, "correct", headers=headers)
    assert response.status_code == 303
    assert not response.cookies
    assert not Client().get(path(record)).cookies


def test_what_is_no_form_or_too_long_is_not_even_read(record):
    client = Client()
    kind = client.post(path(record), {"text": "x"}, headers=HERE)  # multipart, as for files
    assert kind.status_code == 415
    assert tell(record, text="x" * 40_000).status_code == 413
    assert not ReaderReport.objects.exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"text": " "}, "This field is required."),
        ({"text": "x" * 4001}, "at most 4000 characters"),
        ({"contact": "x" * 301}, "at most 300 characters"),
        ({"text": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_bad_input_is_told_and_what_was_typed_is_kept(record, fields, told):
    response = tell(record, **({"text": "Kept as typed."} | fields))
    assert response.status_code == 400
    page = response.content.decode()
    assert told in page
    if "contact" in fields:
        assert "Kept as typed." in page
    assert not ReaderReport.objects.exists()


def test_programs_that_fill_in_everything_are_thanked_and_not_heard(record):
    response = tell(record, homepage="https://spam.example")
    assert response.status_code == 303
    assert not ReaderReport.objects.exists()
    assert NAME in shown(record)


def test_pages_are_read_as_the_public_role_and_only_sending_works_as_the_other(record):
    """Were it not so, the walk of the public role would stop at a working table."""
    asked = []

    def notice(execute, sql, params, many, context):
        asked.append((connection.role, sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(notice):
        Client().get(path(record))
        assert {role for role, _sql in asked} == {PUBLIC}
        asked.clear()
        tell(record, "correct")
    working = [sql for role, sql in asked if role != PUBLIC]
    assert any("engagements_readerreport" in sql for sql in working)
    assert not any("catalogue_" in sql for sql in working)


# --- how little it can be abused -----------------------------------------------------------------


def test_one_address_is_heard_a_few_times_a_day_and_then_told_so(record):
    others = [EngagementFactory(published=True) for _number in range(reports.FROM_ONE_ADDRESS)]
    for other in others:
        assert tell(other, "correct").status_code == 303
    response = tell(record, "correct", text="Still here.")
    assert response.status_code == 429
    assert "Still here." in response.content.decode()
    assert tell(record, "correct", address="192.0.2.2").status_code == 303
    RecentSender.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    assert tell(record, "correct").status_code == 303


def test_one_record_is_reported_a_few_times_a_day_by_kind(record):
    for number in range(reports.ON_ONE_RECORD):
        assert tell(record, "correct", address=f"192.0.2.{number}").status_code == 303
    assert tell(record, "correct", address="198.51.100.1").status_code == 429
    # Corrections do not drown a risk.
    assert tell(record, "risk", address="198.51.100.1").status_code == 303


def test_no_address_is_kept_and_its_hash_for_a_day_only(record, caplog):
    with caplog.at_level(logging.INFO):
        tell(record, address="203.0.113.77", text="Zyxmarker", contact="zyx@example.org")
    assert "203.0.113.77" not in caplog.text
    assert "zyx" not in caplog.text.casefold()
    assert f"a risk in {record.reference}" in caplog.text
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{table}\" t")
            assert "203.0.113.77" not in cursor.fetchone()[0], table
    sender = RecentSender.objects.get()
    assert sender.digest == reports.sender_digest("203.0.113.77")
    RecentSender.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    call_command("forget_readers", verbosity=0)
    assert not RecentSender.objects.exists()


def test_a_network_of_version_6_counts_as_one_sender():
    same = {reports.sender_digest(f"2001:db8:1:2::{number}") for number in (1, 2, 3)}
    assert len(same) == 1
    assert reports.sender_digest("2001:db8:1:3::1") not in same
    assert reports.sender_digest("192.0.2.1") != reports.sender_digest("192.0.2.2")


def test_who_showed_the_names_again_is_not_overruled_for_the_same_version(record):
    editor = UserFactory(editor=True)
    tell(record)
    protection.release_names(record, editor)
    assert tell(record, text="The same again.").status_code == 303
    second = ReaderReport.objects.last()
    assert second.names_hidden is False
    assert second.due_at  # its clock runs all the same
    assert NAME in shown(record)

    clear(record)
    publish(record)
    tell(record)
    assert NAME not in shown(record)


def test_reports_hide_the_names_of_so_many_records_a_day_and_no_more(record, monkeypatch, caplog):
    monkeypatch.setattr(reports, "HOLDS_A_DAY", 1)
    other = EngagementFactory(published=True)
    tell(other)
    with caplog.at_level(logging.ERROR):
        tell(record)
    assert NAME in shown(record)
    assert "hid the names in 1 records today" in caplog.text
    assert ReaderReport.objects.filter(names_hidden=True).count() == 1
    Hold.objects.update(held_at=timezone.now() - timedelta(hours=25))
    tell(record, address="192.0.2.9")
    assert NAME not in shown(record)


def test_a_report_is_kept_even_if_the_names_cannot_be_hidden(record, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(protection, "hold_names", broken)
    assert tell(record).status_code == 303
    assert ReaderReport.objects.get().names_hidden is False
    assert "could not be hidden" in caplog.text


def test_what_a_reader_wrote_is_in_no_history_and_a_contact_goes_after_a_month(record):
    stored = reports.receive(
        record.reference, Message("correction", 1, "Zyxmarker", "zyx@example.org"), "192.0.2.1"
    )
    stored.state, stored.outcome = "done", "Mended."
    stored.handled_by = UserFactory(editor=True)
    stored.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM engagements_readerreportevent t")
        history = cursor.fetchone()[0]
    assert "Mended." in history
    assert "zyx" not in history.casefold()
    assert reports.forget_contacts() == 0
    ReaderReport.objects.update(closed_at=timezone.now() - timedelta(days=31))
    assert reports.forget_contacts() == 1
    stored.refresh_from_db()
    assert (stored.contact, stored.text) == ("", "Zyxmarker")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "gossip"},
        {"state": "done", "outcome": "Mended."},
        {"text": ""},
        {"version": 0},
        {"state": "lost"},
    ],
)
def test_the_database_refuses_a_report_that_makes_no_sense(record, wrong):
    made = ReaderReport(
        **{"engagement": record, "kind": "risk", "version": 1, "text": "Look."} | wrong
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save()


# --- what staff do about it ----------------------------------------------------------------------


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def desk(user) -> dict[str, int]:
    page = as_(user).get("/admin/")
    return {task["label"]: task["number"] for task in page.context["tasks"]}


def triage(user, stored, **fields):
    address = reverse("admin:engagements_readerreport_change", args=[stored.pk])
    return send(as_(user), address, **fields)


def test_the_desk_shows_the_clock_of_a_risk_before_everything_else(record):
    editor = UserFactory(editor=True)
    first = report(record)
    ReaderReport.objects.update(received_at=timezone.now() - timedelta(hours=20, minutes=30))
    report(record, "correction")
    rows = desk(editor)
    assert next(iter(rows)) == "risks reported by readers, 3 hours left for the first"
    assert rows["corrections suggested by readers"] == 1
    ReaderReport.objects.filter(pk=first.pk).update(
        received_at=timezone.now() - timedelta(hours=25)
    )
    late = "risks reported by readers, more than a day ago"
    for user in (editor, UserFactory(reviewer=True), UserFactory(administrator=True)):
        assert desk(user)[late] == 1
    assert late not in desk(UserFactory(contributor=True))
    page = as_(editor).get(reverse("admin:engagements_readerreport_changelist"))
    assert "overdue by 1 hour" in page.content.decode()


def test_an_editor_shows_the_names_again_and_closes_the_report(record):
    editor = UserFactory(editor=True)
    tell(record)
    stored = ReaderReport.objects.get()
    page = as_(editor).get(reverse("admin:engagements_readerreport_change", args=[stored.pk]))
    assert "Hidden now." in page.content.decode()
    triage(editor, stored, decision="show-names", state="nothing", outcome="They agreed to it.")
    stored.refresh_from_db()
    assert (stored.state, stored.handled_by) == ("nothing", editor)
    assert stored.closed_at
    assert NAME in shown(record)
    assert Hold.objects.get().released_by == editor


def test_an_editor_hides_the_whole_record_after_looking(record):
    tell(record)
    editor = UserFactory(editor=True)
    stored = ReaderReport.objects.get()
    response = triage(editor, stored, decision="hide", state="done", outcome="Hidden.")
    assert "Hidden from the public." in response.content.decode()
    assert Client().get(f"/engagements/{record.reference}/").status_code == 410
    assert Hold.objects.get(kind="record").held_by == editor


def test_a_reviewer_decides_about_names_and_not_about_the_record(record):
    reviewer = UserFactory(reviewer=True)
    stored = report(record)
    address = reverse("admin:engagements_readerreport_change", args=[stored.pk])
    assert 'value="hide"' not in as_(reviewer).get(address).content.decode()
    triage(reviewer, stored, decision="hide")
    assert Client().get(f"/engagements/{record.reference}/").status_code == 200
    triage(reviewer, stored, decision="hide-names")
    assert NAME not in shown(record)
    assert Hold.objects.get().held_by == reviewer


def test_a_report_is_closed_with_an_outcome_only_and_says_if_names_stay_hidden(record):
    editor = UserFactory(editor=True)
    tell(record)
    stored = ReaderReport.objects.get()
    refused = triage(editor, stored, state="done")
    assert "Say what was done before you close it." in refused.content.decode()
    assert ReaderReport.objects.open().count() == 1
    closed = triage(editor, stored, state="done", outcome="The person is protected now.")
    assert "The names in the record stay hidden." in closed.content.decode()
    assert not ReaderReport.objects.open().exists()


def test_the_page_of_a_report_says_why_names_were_not_hidden(record):
    editor = UserFactory(editor=True, username="edda")
    tell(record)
    protection.release_names(record, editor)
    tell(record)
    stored = ReaderReport.objects.last()
    page = as_(editor).get(reverse("admin:engagements_readerreport_change", args=[stored.pk]))
    assert "Not hidden by this report: edda looked at this version" in page.content.decode()
    assert f"/engagements/{record.reference}/v1/" in page.content.decode()


def test_nobody_of_staff_makes_up_a_report(record):
    for who in ("editor", "administrator"):
        client = as_(UserFactory(**{who: True}))
        assert client.get("/admin/engagements/readerreport/add/").status_code == 403
