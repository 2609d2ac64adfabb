"""Somebody without an account: what the address lets them do, what comes of it, what leaks."""

import logging
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from engagements import doubles, erasure, invitations, workflow
from engagements.models import Engagement, Invitation, InvitationMessage
from engagements.models.invitation import AT_THE_LONGEST, TOLD_FOR, today
from engagements.workflow import NotAllowed
from milidip.codebook.choices import NotStated
from milidip.logs import Formatter
from milidip.roles import PUBLIC, owner_role
from stakeholders.models import OtherName, Stakeholder
from tests.engagements.screens import FROM_THE_PAGE, TOLD, fields_of, send, send_in
from tests.factories import (
    SAFE_ANSWERS,
    EngagementFactory,
    StakeholderFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db
ORGANISATION = "Open Hands of Wajir"


@pytest.fixture
def editor():
    return UserFactory(editor=True, first_name="Edith", last_name="Editor")


@pytest.fixture
def invitation(editor):
    made = Invitation(organisation=ORGANISATION, contact="hands@ngo.example", hint="The road.")
    made.token = invitations.invite(made, editor)
    return made


def page(invitation, **headers) -> str:
    response = Client().get(f"/invited/{invitation.token}/", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def sent(invitation, *rows, **changes) -> Engagement:
    """The draft that came of it."""
    assert send_in(invitation.token, *rows, **changes).status_code == 303
    invitation.refresh_from_db()
    return invitation.engagement


def hand_in(draft, editor) -> None:
    """Staff say what the sender was not asked, and submit the draft."""
    draft.not_stated, draft.nothing_classified = list(NotStated.values), True
    draft.save(update_fields=["not_stated", "nothing_classified"])
    workflow.submit(draft, editor)


def write(invitation, text, **changes):
    fields = dict.fromkeys([*TOLD, "who-TOTAL_FORMS"])
    return send_in(invitation.token, button="write", text=text, **fields | changes)


def tables():
    """Every table of the database with all that is in it."""
    with owner_role(), connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{table}\" t")
            yield table, cursor.fetchone()[0]


def take_back(invitation, **changes):
    fields = dict.fromkeys([*TOLD, "who-TOTAL_FORMS"])
    return send_in(invitation.token, button="take_back", **fields | {"sure": "on"} | changes)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- it is made --------------------------------------------------------------------------------


def test_the_address_is_shown_once_and_only_its_hash_is_stored(editor):
    client = signed_in(editor)
    add = reverse("admin:engagements_invitation_add")
    response = send(client, add, organisation=ORGANISATION, contact="a@ngo.example", language="fr")
    shown = response.content.decode()
    token = re.search(r"http://testserver/fr/invited/([\w-]{43})/", shown)[1]
    made = Invitation.objects.get()
    assert made.digest == invitations.digest_of(token)
    assert made.invited_by == editor
    assert made.until == today() + timedelta(days=30)
    assert "mailto:a@ngo.example?subject=" in shown
    for name in ("change", "history", "renew", "revoke"):
        again = client.get(reverse(f"admin:engagements_invitation_{name}", args=[made.pk]))
        assert again.status_code == 200
        assert token not in again.content.decode()


def test_an_address_is_open_for_a_time_that_somebody_remembers(editor):
    add = reverse("admin:engagements_invitation_add")
    for until, told in (
        (today() - timedelta(days=1), "This day is past"),
        (today() + AT_THE_LONGEST + timedelta(days=1), "At the longest until"),
    ):
        response = send(signed_in(editor), add, organisation="X", until=until.isoformat())
        assert told in response.content.decode()
    assert not Invitation.objects.exists()


def test_a_new_address_takes_the_place_of_the_one_before(editor, invitation):
    until = today() + timedelta(days=5)
    Invitation.objects.update(until=today() - timedelta(days=1))
    renew = reverse("admin:engagements_invitation_renew", args=[invitation.pk])
    response = send(signed_in(editor), renew, until=until.isoformat())
    token = re.search(r"/invited/([\w-]{43})/", response.content.decode())[1]
    assert Client().get(f"/invited/{invitation.token}/").status_code == 404
    assert Client().get(f"/invited/{token}/").status_code == 200
    assert Invitation.objects.get().until == until


def test_only_who_may_invite_gives_out_an_address(invitation):
    somebody = UserFactory(contributor=True)
    for attempt in (
        lambda: invitations.invite(Invitation(organisation="X"), somebody),
        lambda: invitations.renew(invitation, somebody, today()),
        lambda: invitations.revoke(invitation, somebody),
        lambda: invitations.answer(invitation, somebody, "Hello."),
    ):
        with pytest.raises(NotAllowed):
            attempt()


# --- the page ----------------------------------------------------------------------------------


def test_the_page_says_what_it_is_for_and_keeps_its_address_to_itself(invitation):
    response = Client().get(f"/invited/{invitation.token}/", HTTP_COOKIE="sessionid=forged")
    text = response.content.decode()
    for told in (ORGANISATION, "Edith Editor", "The road.", "files are not taken"):
        assert told in text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in text
    assert "ETag" not in response.headers
    assert not response.cookies
    assert "<script" not in text
    assert "multipart" not in text
    assert 'type="file"' not in text
    assert "Disallow: /invited/" in Client().get("/robots.txt").text


def test_the_page_is_in_the_language_of_its_address_and_leads_to_the_other(invitation):
    for prefix, language, other in (("", "en", "/fr"), ("/fr", "fr", "")):
        response = Client().get(f"{prefix}/invited/{invitation.token}/")
        text = response.content.decode()
        assert f'<html lang="{language}"' in text
        assert response.headers["Content-Language"] == language
        address = f"{other}/invited/{invitation.token}/"
        assert (
            f'hreflang="{"en" if other == "" else "fr"}" href="http://testserver{address}"' in text
        )
        assert f'formaction="{address}"' in text
    assert Invitation.objects.get().opened_at


def test_a_look_at_the_headers_does_not_open_it(invitation):
    assert Client().head(f"/invited/{invitation.token}/").status_code == 200
    assert Invitation.objects.get().state == Invitation.State.WAITING
    page(invitation)
    assert Invitation.objects.get().state == Invitation.State.OPENED


def test_a_wrong_address_is_like_any_other_that_is_not_there(invitation):
    never = Client().get("/nothing-of-the-kind/").content.decode()
    wrong = [
        invitation.token[:-1],
        invitation.token.upper(),
        invitation.digest,
        "x",
        "%00",
        "é" * 50,
    ]
    for token in wrong:
        for response in (
            Client().get(f"/invited/{token}/"),
            send_in(token),
            send_in(token, language="/fr"),
        ):
            assert response.status_code == 404
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert ORGANISATION not in response.content.decode()
    told = Client().get("/invited/x/").content.decode()
    main = re.compile(r"<main.*</main>", re.S)
    assert main.search(told)[0] == main.search(never)[0]
    assert not Engagement.objects.exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"until": today() - timedelta(days=1)}, "nothing was sent in"),
        ({"revoked_at": timezone.now()}, "The editors have revoked it"),
        ({"sent_at": timezone.now() - TOLD_FOR - timedelta(hours=1)}, "It was used"),
    ],
)
def test_a_closed_address_says_whom_to_ask_and_takes_nothing_in(
    invitation, editor, changes, told, settings
):
    settings.CONTACT = "office@register.example"
    if "revoked_at" in changes:
        changes["revoked_by"] = editor
    Invitation.objects.update(**changes)
    for response in (Client().get(f"/invited/{invitation.token}/"), send_in(invitation.token)):
        assert response.status_code == 410
        text = response.content.decode()
        assert told in text
        assert "ask Edith Editor" in text
        assert "office@register.example" in text
        assert "<form" not in text
    assert write(invitation, "Hello?").status_code == 410
    assert not Engagement.objects.exists()
    assert not InvitationMessage.objects.exists()


def test_the_name_to_sign_in_with_is_told_to_nobody(invitation, editor):
    type(editor).objects.update(first_name="", last_name="", username="edith-signs-in")
    assert "edith-signs-in" not in page(invitation)
    assert "the editors of the register" in page(invitation)


# --- what is sent ------------------------------------------------------------------------------


def test_what_is_sent_becomes_a_draft_of_who_invited(invitation, editor):
    draft = sent(
        invitation,
        objectives=["trust_building", "civil_military_dialogue"],
        outcome="The road is open.",
        outcome_kind="tension_reduced",
    )
    assert (draft.state, draft.created_by, draft.updated_by) == ("draft", editor, None)
    assert draft.title == TOLD["title"]
    assert draft.summary == TOLD["happened"]
    assert (draft.start, draft.end, draft.status) == ("2019-02", "", "completed")
    assert draft.activity_id == "other"
    assert (draft.track_id, draft.marking) == (None, "open")
    assert "in the dry season of 2019" in draft.source_text
    place = draft.places.get()
    assert (place.name, place.country_id, place.precision) == ("Wajir", "KEN", "place")
    source = draft.sources.get()
    assert (source.kind, source.independence) == ("own_report", "party")
    assert (source.author, source.withheld, source.language) == (ORGANISATION, False, "en")
    assert set(source.supports) == {
        *("title", "date_start", "place_names", "objectives", "outcome_kinds")
    }
    outcome = draft.outcomes.get()
    assert (outcome.kind, outcome.reported_by) == ("tension_reduced", "participant")
    assert outcome.source == source
    assert draft.objectives.count() == 2
    assert invitation.state == Invitation.State.SENT
    event = Engagement.pgh_event_model.objects.get(pgh_label="insert")
    metadata = event.pgh_context.metadata
    assert metadata["reason"] == f"Sent in by invitation {invitation.pk}."
    assert metadata["user"] is None
    assert metadata["url"] == "/invited/.../"


def test_a_long_account_is_no_summary_and_what_was_not_in_public_is_under_the_rule(invitation):
    draft = sent(invitation, held="closed", happened="They talked. " * 80, country="", place="")
    assert draft.summary == ""
    assert draft.narrative.startswith("They talked.")
    assert draft.marking == "chatham_house"
    assert not draft.places.exists()


def test_an_invitation_is_for_one_engagement(invitation, editor):
    first = sent(invitation)
    assert send_in(invitation.token, title="Another").status_code == 303
    assert Engagement.objects.get() == first
    text = page(invitation)
    assert "It was received" in text
    assert 'name="title"' not in text
    token = invitations.renew(invitation, editor, today())
    assert send_in(token, title="Another").status_code == 303
    assert Engagement.objects.count() == 1


def test_bodies_are_known_by_their_exact_name_and_persons_never(invitation):
    known = StakeholderFactory(name="Wajir Peace Committee", type_id="ngo")
    OtherName.objects.create(stakeholder=known, name="WPC")
    person = StakeholderFactory(person=True, name="Halima Example")
    for country in ("KEN", "UGA"):
        StakeholderFactory(name="Ministry of Defence", type_id="government", country_id=country)
    before = set(Stakeholder.objects.values_list("pk", flat=True))
    draft = sent(
        invitation,
        {"name": "wajir  peace committee", "kind": "ngo", "role": "organiser"},
        {"name": "WPC", "kind": "ngo", "role": "organiser"},
        {"name": "Wajir Peace Committee", "kind": "foundation"},
        {"name": "Ministry of Defence", "kind": "government"},
        {"name": "Halima Example", "kind": "person", "agreed": "on", "side": "a"},
        {"kind": "community", "people": "40", "side": "b"},
        {},
    )
    rows = list(draft.participations.select_related("stakeholder").order_by("pk"))
    assert rows[0].stakeholder == known
    assert (rows[0].role_id, rows[0].disclosure) == ("organiser", "named")
    new = [row.stakeholder for row in rows[1:4]]
    assert not {actor.pk for actor in new} & before
    assert [actor.type_id for actor in new] == ["foundation", "government", "person"]
    assert {actor.default_disclosure for actor in new} == {"withheld"}
    assert {row.disclosure for row in rows[1:4]} == {"withheld"}
    assert (rows[3].stakeholder != person, rows[3].consent_basis) == (True, "none")
    assert (rows[4].stakeholder, rows[4].actor_type_id) == (None, "community")
    assert (rows[4].people_min, rows[4].side) == (40, "b")
    assert len(rows) == 5
    assert all(row.sources.get() == draft.sources.get() for row in rows)
    note = draft.working_note
    assert f"wajir peace committee ({known.reference})" in note
    assert "Said to have agreed to be named, ask for the proof: Halima Example" in note
    assert "withheld until they are checked: Wajir Peace Committee, Ministry of Defence" in note


def test_a_person_who_was_named_to_us_cannot_slip_out_in_a_text(invitation, editor):
    draft = sent(
        invitation,
        {"name": "Aurelix Quillvorn", "kind": "person"},
        happened="Aurelix Quillvorn opened the road.",
    )
    hand_in(draft, editor)
    workflow.clear(draft, UserFactory(reviewer=True), **SAFE_ANSWERS)
    with pytest.raises(NotAllowed, match="somebody who is withheld"):
        workflow.publish(draft, UserFactory(editor=True))


def test_an_organisation_that_wants_no_name_is_in_no_public_table(invitation, editor):
    draft = sent(invitation, named="no")
    hand_in(draft, editor)
    workflow.clear(draft, UserFactory(reviewer=True), **SAFE_ANSWERS)
    publish(draft)
    shown = Client().get(f"/engagements/{draft.reference}/").content.decode()
    assert draft.title in shown
    assert ORGANISATION not in shown
    for table, text in tables():
        if table.startswith("catalogue_"):
            assert ORGANISATION not in text, table
    assert draft.reference in dict(tables())["catalogue_entry"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"title": ""}, "This field is required."),
        ({"happened": "x" * 6001}, "at most 6000 characters"),
        ({"when": "", "start": ""}, "Say when it was"),
        ({"start": "May 1980"}, "is not a date"),
        ({"start": "2019", "end": "2018"}, "It cannot end before it starts"),
        ({"country": "XXX"}, "Select a valid choice"),
        ({"status": "cancelled"}, "Select a valid choice"),
        ({"outcome": "Peace."}, "Choose what fits best."),
        ({"outcome_kind": "none_observed"}, "Say in a sentence what came of it."),
        ({"named": None}, "This field is required."),
        ({"own_words": None}, "This field is required."),
        ({"nothing_secret": None}, "This field is required."),
        ({"people_know": None}, "This field is required."),
        ({"title": "a\x00b"}, "Null characters are not allowed."),
        ({"homepage": "https://spam.example"}, "Something filled in a field"),
        ({"who-TOTAL_FORMS": None}, "ManagementForm"),
        ({"who-TOTAL_FORMS": "9999"}, "at most 40"),
    ],
)
def test_bad_input_is_told_and_what_was_typed_is_kept(invitation, fields, told):
    response = send_in(invitation.token, **{"place": "Kept as typed", **fields})
    assert response.status_code == 400
    text = response.content.decode()
    assert told in text
    assert "Kept as typed" in text
    assert "Nothing that you typed is lost" in text
    assert "spam.example" not in text
    assert not Engagement.objects.exists()
    assert Invitation.objects.get().sent_at is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"name": "Somebody"}, "Choose what they are"),
        ({"people": "12"}, "Choose what they are"),
        ({"kind": "state", "name": "Kenya"}, "Select a valid choice"),
        ({"kind": "ngo", "people": "many"}, "Enter a whole number"),
        ({"kind": "ngo", "people": "0"}, "greater than or equal to 1"),
        ({"kind": "ngo", "name": "X", "agreed": "on"}, "This is asked of persons only"),
        ({"kind": "ngo", "name": "twice"}, "listed above already"),
    ],
)
def test_a_bad_row_is_told_and_kept(invitation, row, told):
    response = send_in(invitation.token, {"kind": "ngo", "name": "Twice"}, row)
    assert response.status_code == 400
    text = response.content.decode()
    assert told in text
    assert 'value="Twice"' in text
    assert not Engagement.objects.exists()


def test_more_rows_and_the_other_language_keep_what_was_typed_and_judge_nothing(invitation):
    row = {"name": "Kept as typed", "kind": "ngo"}
    more = send_in(invitation.token, row, button="more", title="")
    assert more.status_code == 200
    text = more.content.decode()
    assert 'value="Kept as typed"' in text
    assert 'name="who-4-name"' in text
    assert 'name="who-5-name"' not in text
    rows = fields_of(more)
    assert {rows[f"who-{number}-role"][0] for number in range(5)} == {"participant"}
    french = send_in(invitation.token, row, button="language", title="", language="/fr")
    text = french.content.decode()
    assert french.status_code == 200
    assert '<html lang="fr"' in text
    assert 'value="Kept as typed"' in text
    for response in (more, french):
        assert "aria-invalid" not in response.content.decode()
        assert "note--warn" not in response.content.decode()
    assert not Engagement.objects.exists()


def test_there_are_no_more_rows_than_a_reviewer_can_read(invitation):
    response = send_in(
        invitation.token, button="more", **{"who-TOTAL_FORMS": "38", "who-0-name": "X"}
    )
    text = response.content.decode()
    assert 'name="who-39-name"' in text
    assert 'name="who-40-name"' not in text
    assert 'name="more"' not in text


# --- what is not even read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "https://testserver"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
    ],
)
def test_what_another_site_sends_is_refused(invitation, headers):
    assert send_in(invitation.token, headers=headers).status_code == 403
    assert not Engagement.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [FROM_THE_PAGE, {"Origin": "null"}, {"Origin": "http://testserver"}],
)
def test_a_form_of_this_page_needs_no_cookie_and_sets_none(invitation, headers):
    response = send_in(invitation.token, headers=headers)
    assert response.status_code == 303
    assert response["Location"] == f"/invited/{invitation.token}/"
    assert not response.cookies
    assert Engagement.objects.exists()


def test_files_are_refused_in_plain_words_and_so_is_what_is_too_long(invitation):
    import io

    file = io.BytesIO(b"%PDF-")
    file.name = "report.pdf"
    response = Client().post(
        f"/invited/{invitation.token}/", TOLD | {"file": file}, headers=FROM_THE_PAGE
    )
    assert response.status_code == 415
    assert "Files are not taken" in response.content.decode()
    assert send_in(invitation.token, happened="x" * 300_000).status_code == 413
    assert not Engagement.objects.exists()


def test_the_page_is_made_as_the_public_role(invitation):
    sent(invitation)
    asked = []

    def notice(execute, sql, params, many, context):
        asked.append((connection.role, sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(notice):
        page(invitation)
    as_public = [sql for role, sql in asked if role == PUBLIC]
    assert not any("engagements_" in sql for sql in as_public)
    working = [sql for role, sql in asked if role != PUBLIC]
    assert not any(re.search("INSERT|UPDATE|DELETE", sql) for sql in working)


# --- afterwards ----------------------------------------------------------------------------------


def test_both_sides_write_and_read_at_the_same_address(invitation, editor):
    sent(invitation)
    assert write(invitation, "  Is it right?  ").status_code == 303
    front = signed_in(editor).get("/admin/").content.decode()
    assert "messages of people who were invited, to answer" in front
    change = reverse("admin:engagements_invitation_change", args=[invitation.pk])
    shown = send(signed_in(editor), change, answer="Who opened the road?").content.decode()
    assert "Is it right?" in shown
    text = page(invitation)
    assert text.index("Is it right?") < text.index("Who opened the road?")
    assert "Edith Editor" in text
    assert [message.written_by for message in InvitationMessage.objects.all()] == [None, editor]
    assert not Invitation.objects.unanswered().exists()
    assert "to answer" not in signed_in(editor).get("/admin/").content.decode()


def test_the_sender_is_heard_some_times_a_day_and_then_told_so(invitation):
    sent(invitation)
    for number in range(invitations.MESSAGES_A_DAY):
        assert write(invitation, f"Message {number}").status_code == 303
    response = write(invitation, "Still here.")
    assert response.status_code == 429
    assert "Still here." in response.content.decode()
    assert InvitationMessage.objects.count() == invitations.MESSAGES_A_DAY
    InvitationMessage.objects.update(written_at=timezone.now() - timedelta(hours=25))
    assert write(invitation, "Good morning.").status_code == 303


@pytest.mark.parametrize("text", [" ", "x" * 4001, "a\x00b"])
def test_an_empty_or_endless_message_is_told_beside_the_field(invitation, text):
    sent(invitation)
    response = write(invitation, text)
    assert response.status_code == 400
    assert 'aria-invalid="true"' in response.content.decode()
    assert not InvitationMessage.objects.exists()


def test_the_sender_reads_where_it_stands_and_nothing_of_what_was_written(invitation, editor):
    draft = sent(invitation)
    reviewer = UserFactory(reviewer=True)

    def told(heading: str, *, back: bool) -> str:
        text = page(invitation)
        assert heading in text
        assert ('name="take_back"' in text) is back
        assert draft.title not in text
        assert "Zyxreason" not in text
        return text

    told("It was received", back=True)
    draft.updated_by = editor
    draft.save()
    told("It is being prepared", back=True)
    hand_in(draft, editor)
    told("It is in review", back=True)
    workflow.return_(draft, reviewer, "Zyxreason")
    told("The review has a question", back=True)
    hand_in(draft, editor)
    workflow.clear(draft, reviewer, **SAFE_ANSWERS)
    assert draft.reference not in told("It is in review", back=False)
    publish(draft)
    assert f'href="/engagements/{draft.reference}/"' in told("It is published", back=False)
    workflow.withdraw(draft, UserFactory(editor=True), "Zyxreason")
    told("It was published, and is not public now", back=False)


def test_what_is_refused_or_deleted_is_declined_and_says_no_reason(invitation, editor):
    draft = sent(invitation)
    hand_in(draft, editor)
    workflow.refuse(draft, UserFactory(reviewer=True), "Zyxreason")
    assert "It is not going to be published" in page(invitation)
    assert "Zyxreason" not in page(invitation)


def test_a_deleted_draft_leaves_the_invitation(invitation, editor):
    draft = sent(invitation)
    address = reverse("admin:engagements_engagement_delete", args=[draft.pk])
    signed_in(editor).post(address, {"post": "yes"})
    assert not Engagement.objects.exists()
    assert "It is not going to be published" in page(invitation)


def test_what_was_merged_is_told_by_the_record_that_was_kept(invitation, editor):
    kept = EngagementFactory(published=True)
    draft = sent(invitation)
    doubles.merge(kept, draft, editor, "The same well.")
    text = page(invitation)
    assert f'href="/engagements/{kept.reference}/"' in text
    assert 'name="take_back"' not in text


def test_what_was_taken_back_leaves_review_and_comes_back_in_no_way(invitation, editor):
    draft = sent(invitation)
    hand_in(draft, editor)
    assert take_back(invitation, sure=None).status_code == 400
    assert take_back(invitation).status_code == 303
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert "You have taken it back" in page(invitation)
    with pytest.raises(NotAllowed, match="taken it back"):
        hand_in(draft, editor)
    with pytest.raises(NotAllowed, match="taken it back"):
        doubles.merge(EngagementFactory(), draft, editor, "The same.")
    change = reverse("admin:engagements_engagement_change", args=[draft.pk])
    assert "Taken back by its sender" in signed_in(editor).get(change).content.decode()
    assert take_back(invitation).status_code == 303
    invitation.refresh_from_db()
    assert invitation.state == Invitation.State.TAKEN_BACK


def test_what_is_decided_on_cannot_be_taken_back(invitation, editor):
    draft = sent(invitation)
    hand_in(draft, editor)
    workflow.clear(draft, UserFactory(reviewer=True), **SAFE_ANSWERS)
    take_back(invitation)
    draft.refresh_from_db()
    assert draft.state == "cleared"
    publish(draft)
    hand_in(draft, editor)  # again, while a version is public
    take_back(invitation)
    draft.refresh_from_db()
    assert draft.state == "submitted"
    assert Invitation.objects.get().taken_back_at is None


def test_a_second_pair_of_eyes_is_needed_beside_who_invited(invitation, editor):
    """Who chose and advised the sender is the author, whatever other role they hold."""
    draft = sent(invitation)
    editor.is_superuser = True
    editor.save()
    hand_in(draft, editor)
    with pytest.raises(NotAllowed, match="Nobody reviews what they wrote"):
        workflow.clear(draft, editor, **SAFE_ANSWERS)
    workflow.clear(draft, UserFactory(reviewer=True), **SAFE_ANSWERS)
    with pytest.raises(NotAllowed, match="Nobody publishes what they logged"):
        workflow.publish(draft, editor)
    publish(draft)


def test_the_record_says_by_which_invitation_it_came_and_to_whom(invitation, editor):
    draft = sent(invitation)
    address = reverse("admin:engagements_engagement_change", args=[draft.pk])
    told = f"Came by invitation: {ORGANISATION}, invited by {editor}."
    link = reverse("admin:engagements_invitation_change", args=[invitation.pk])
    shown = signed_in(editor).get(address).content.decode()
    assert told in shown
    assert link in shown
    reviewer = signed_in(UserFactory(reviewer=True)).get(address).content.decode()
    assert told in reviewer
    assert link not in reviewer
    assert "hands@ngo.example" not in reviewer


@pytest.mark.parametrize("state", Invitation.State.values)
def test_the_list_finds_each_by_where_it_stands(editor, state):
    now, past = timezone.now(), today() - timedelta(days=1)
    for number, changes in enumerate(
        [
            {},
            {"opened_at": now},
            {"sent_at": now},
            {"sent_at": now, "taken_back_at": now},
            {"until": past, "opened_at": now},
            {"revoked_at": now, "revoked_by": editor, "until": past},
        ]
    ):
        Invitation.objects.create(
            organisation=f"N{number}", digest=str(number), invited_by=editor, **changes
        )
    found = list(Invitation.objects.in_state(state))
    assert [each.state for each in found] == [state]
    address = reverse("admin:engagements_invitation_changelist")
    shown = signed_in(editor).get(address, {"state": state}).content.decode()
    assert re.findall(r">(N\d)</a>", shown) == [found[0].organisation]


# --- nothing leaks, and nothing stays ------------------------------------------------------------


def test_the_address_is_in_no_log_and_no_table(invitation, editor, caplog):
    with caplog.at_level(logging.DEBUG):
        page(invitation)
        send_in(invitation.token, title="")
        sent(invitation)
        write(invitation, "Hello.")
        take_back(invitation)
        invitations.revoke(invitation, editor)
        Client().get(f"/invited/{invitation.token}/")
        Client().get(f"/invited/{invitation.token}x/")
        Client().post(f"/invited/{invitation.token}/")
    lines = [Formatter().format(record) for record in caplog.records]
    assert any("/invited/.../" in line for line in lines)  # of the 410 and the 404
    assert not any(invitation.token in line for line in lines)
    assert not any(TOLD["title"] in line for line in lines if "DEBUG" not in line)
    for table, text in tables():
        assert invitation.token not in text, table


def test_how_to_reach_somebody_is_forgotten_a_month_after_it_is_over(invitation, editor):
    def forgotten() -> bool:
        call_command("forget_readers", verbosity=0)
        return Invitation.objects.get().contact == ""

    assert not forgotten()
    Invitation.objects.update(until=today() - timedelta(days=29))
    assert not forgotten()
    Invitation.objects.update(until=today() - timedelta(days=31))
    assert forgotten()
    now = timezone.now()
    for closed, still in (
        ({"sent_at": now - TOLD_FOR - timedelta(days=31)}, {"sent_at": now - TOLD_FOR}),
        (
            {"revoked_at": now - timedelta(days=31), "revoked_by": editor},
            {"revoked_at": now - timedelta(days=29), "revoked_by": editor},
        ),
    ):
        fresh = {"contact": "a@ngo.example", "sent_at": None, "until": today()}
        Invitation.objects.update(**fresh | still)
        assert not forgotten()
        Invitation.objects.update(**closed)
        assert forgotten()


def test_contacts_and_messages_are_in_no_history(invitation):
    sent(invitation)
    write(invitation, "Zyxmessage")
    for model in (Invitation, InvitationMessage):
        names = {field.name for field in model.pgh_event_model._meta.fields}
        assert not names & {"digest", "contact", "text"}
        assert model.pgh_event_model.objects.exists()


def test_an_erasure_looks_through_invitations_and_their_messages(invitation, editor):
    name = "Aurelix Quillvorn"
    draft = sent(invitation, {"name": name, "kind": "person"}, happened=f"{name} came.")
    write(invitation, f"{name} is my cousin.")
    Invitation.objects.update(
        organisation=f"Friends of {name}", note=f"Ask {name}.", hint=f"About {name}."
    )
    person = draft.participations.get().stakeholder
    asked = erasure.request_erasure(person, editor)
    erasure.confirm_erasure(asked, UserFactory(administrator=True))
    asked.refresh_from_db()
    with owner_role():
        erasure.erase(asked)
    for table, text in tables():
        assert "Quillvorn" not in text, table
    assert "[erased]" in InvitationMessage.objects.get().text
