"""Quick log: five answers, read back before they are stored; a draft whole or not at all."""

import re
from datetime import date, timedelta
from unittest.mock import patch

import pghistory.models
import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from engagements import defaults, quick, wheres, whos
from engagements.admin.quick import READ
from engagements.models import Engagement, LookAlike, Participation
from engagements.requirements import today
from milidip.codebook.choices import Marking, State, Status
from stakeholders.models import OtherName, Stakeholder
from tests.engagements.screens import fields_of, send
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    SeriesFactory,
    StakeholderFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:engagements_engagement_quick")
ADD = reverse("admin:engagements_engagement_add")
NEXT_YEAR = str(today().year + 1)

WHOLE = {
    "title": "Bright Path 2019",
    "activity": "joint_exercise",
    "when": "14-20 May 2019",
    "where": "Nanyuki, Kenya; Red Sea",
    "who": "Kenya Defence Forces (host)\n3 NGOs",
    "how": "https://news.example/bright-path",
}


@pytest.fixture
def contributor():
    return UserFactory(contributor=True)


@pytest.fixture
def client(contributor):
    client = Client()
    client.force_login(contributor)
    return client


@pytest.fixture
def forces():
    return StakeholderFactory(name="Kenya Defence Forces", country_id="KEN")


def log(client, *, button="_save", follow=True, **changes):
    """Fill in the page without script: send it, read what was understood, and send it again."""
    data = {name: value for name, value in (WHOLE | changes).items() if value is not None}
    first = client.post(PAGE, data | {button: "1"})
    if first.status_code == 302 or not follow:
        return first
    answers = {
        name.replace("__", "-"): value
        for name, value in changes.items()
        if "__" in name or name == "own_report"  # a tick has no value of its own in the page
    }
    again = fields_of(first) | answers
    return client.post(PAGE, again | {button: "1"}, follow=True)


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def messages_of(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


# --- the whole of it --------------------------------------------------------------------------------


def test_five_answers_make_a_draft(client, contributor, forces):
    response = log(client)
    record = Engagement.objects.get()
    assert response.redirect_chain == [
        (reverse("admin:engagements_engagement_change", args=[record.pk]), 302)
    ]
    assert record.reference in messages_of(response)
    assert (record.title, record.title_supplied, record.state) == (
        "Bright Path 2019",
        False,
        State.DRAFT,
    )
    assert (record.start, record.end, record.status) == (
        "2019-05-14",
        "2019-05-20",
        Status.COMPLETED,
    )
    assert record.activity_id == "joint_exercise"
    assert (record.created_by, record.updated_by) == (contributor, contributor)
    town, sea = record.places.order_by("pk")
    assert (town.name, town.country_id, town.precision) == ("Nanyuki", "KEN", "place")
    assert (sea.name, sea.region_id, sea.precision) == ("", "red-sea", "region")
    army, *unnamed = record.participations.order_by("pk")
    assert (army.stakeholder, army.role_id, army.disclosure) == (forces, "host", "named")
    assert [(row.actor_type_id, row.disclosure) for row in unnamed] == [("ngo", "type_only")] * 3
    source = record.sources.get()
    assert (source.url, source.kind, source.accessed) == (WHOLE["how"], "news", today())


def test_nothing_is_stored_before_what_was_understood_was_shown(client, forces):
    response = log(client, follow=False)
    assert response.status_code == 200
    assert not Engagement.objects.exists()
    said = text_of(response)
    assert "From 14 May 2019 to 20 May 2019 (7 days)." in said
    assert "Nanyuki, Kenya (Eastern Africa)" in said
    assert "Red Sea (sea area)" in said
    assert "This is how it was understood" in said
    fields = fields_of(response)
    assert {name: fields[name] for name in WHOLE} == {k: [v] for k, v in WHOLE.items()}


def test_what_is_changed_after_it_was_shown_is_shown_again(client, forces):
    again = fields_of(log(client, follow=False)) | {"when": "May 2019"}
    response = client.post(PAGE, again | {"_save": "1"})
    assert "Some time in May 2019" in text_of(response)
    assert not Engagement.objects.exists()


def test_all_is_kept_when_one_answer_is_wrong(client, forces):
    response = log(client, follow=False, when="3/4/2001", who="Kenya Defence Forces\tobserver")
    page = response.content.decode()
    assert "can be 3 April 2001 or 4 March 2001" in page
    assert 'aria-invalid="true"' in page
    fields = fields_of(response)
    assert fields["who"] == ["Kenya Defence Forces\tobserver"]
    assert fields["who-0-role"] == ["observer"]
    assert fields["how"] == [WHOLE["how"]]
    assert not Engagement.objects.exists()


@pytest.mark.parametrize("name", ["when", "where", "who"])
def test_an_answer_may_be_that_it_is_not_known(client, name, forces):
    log(client, **{name: "unknown"})
    record = Engagement.objects.get()
    assert {
        "when": (record.start, record.status) == ("", Status.UNKNOWN),
        "where": not record.places.exists(),
        "who": not record.participations.exists(),
    }[name]


@pytest.mark.parametrize(
    ("missing", "asked"),
    [
        ({"title": "", "activity": ""}, "Give its name, or choose the kind of activity."),
        ({"when": ""}, "Say when it was"),
        ({"where": ""}, "Say where it was"),
        ({"who": " \n"}, "Say who took part"),
        ({"how": ""}, "Give a source, or tick"),
    ],
)
def test_each_of_the_five_is_asked_for(client, missing, asked):
    response = log(client, follow=False, **missing)
    assert asked in text_of(response)
    assert not Engagement.objects.exists()


def test_nothing_is_half_written(client, forces):
    ready = fields_of(log(client, follow=False, who="Regiment of the Lake"))
    ready |= {"who-0-take": "new", "who-0-kind": "armed_force", "_save": "1"}
    with patch.object(quick, "_add_source", side_effect=RuntimeError), pytest.raises(RuntimeError):
        client.post(PAGE, ready)
    assert not Engagement.objects.exists()
    assert not Stakeholder.objects.filter(name="Regiment of the Lake").exists()
    client.post(PAGE, ready)
    assert Engagement.objects.get().participations.get().stakeholder.name == "Regiment of the Lake"


def test_another_one_can_follow_at_once(client, forces):
    response = log(client, button="_another")
    assert response.redirect_chain == [(PAGE, 302)]
    assert Engagement.objects.get().reference in messages_of(response)
    assert fields_of(response)["title"] == [""]


def test_history_says_who_logged_it(client, contributor, forces):
    log(client)
    record = Engagement.objects.get()
    event = pghistory.models.Events.objects.tracks(record).get()
    assert event.pgh_context["user"] == contributor.pk
    assert record.pk == int(contributor.logentry_set.get().object_id)


def test_only_who_may_log_an_engagement_gets_the_page(forces):
    client = Client()
    client.force_login(UserFactory(reviewer=True))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, WHOLE).status_code == 403
    assert client.post(f"{PAGE}read/", WHOLE | {"read": "who"}).status_code == 403
    assert client.get(f"{PAGE}find/who/?q=kenya").status_code == 403


def test_the_front_page_leads_to_it_and_it_to_the_whole_form(client):
    assert f'href="{PAGE}"' in client.get("/admin/").content.decode()
    assert f'href="{ADD}"' in client.get(PAGE).content.decode()


# --- what -------------------------------------------------------------------------------------------


def test_without_a_name_it_is_described_in_the_language_of_the_record(client, forces):
    client.cookies.load({"django_language": "fr"})
    log(client, title="", activity="port_visit", when="May 1980", where="Kenya; Djibouti")
    record = Engagement.objects.get()
    assert record.title == "Port visit, Kenya, Djibouti, May 1980"
    assert record.title_supplied


def test_a_kind_that_was_not_chosen_is_said(client, forces):
    response = log(client, activity="")
    assert Engagement.objects.get().activity_id == "other"
    assert "We set the kind of activity to “Other”" in messages_of(response)


def test_an_edition_joins_its_series_when_somebody_says_so(client, forces):
    series = SeriesFactory(name="Bright Path")
    EngagementFactory(series=series, activity_id="training_course", start="2018")
    response = log(client, activity="", follow=False)
    assert "It belongs to the series “Bright Path”, edition 2019" in text_of(response)
    log(client, activity="")
    assert Engagement.objects.latest("pk").series is None
    again = fields_of(response) | {"series": str(series.pk)}
    client.post(PAGE, again | {"_save": "1"})
    record = Engagement.objects.latest("pk")
    assert (record.series, record.edition) == (series, "2019")
    assert record.activity_id == "training_course"


# --- who --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def geography(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return wheres.Geography(), whos.Words()


def lines_of(text, geography):
    places, words = geography
    return [
        (line.names[0], line.roles, line.country, line.group, line.number, line.people)
        for line in whos.read_lines(text, words, places.gazetteer)
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    {
        "United States (host)": ("United States", ("host",), None, "", 1, None),
        "Kenya, host": ("Kenya", ("host",), None, "", 1, None),
        "Kenya\thost": ("Kenya", ("host",), None, "", 1, None),
        "Kenya – hôte": ("Kenya", ("host",), None, "", 1, None),
        "Host: Kenya": ("Kenya", ("host",), None, "", 1, None),
        "1. Kenya (Host, Donor)": ("Kenya", ("host", "funder"), None, "", 1, None),
        "• Observers: Kenya": ("Kenya", ("observer",), None, "", 1, None),
        "Army (Kenya)": ("Army", (), "KEN", "", 1, None),
        "Army (Kenya) (host)": ("Army", ("host",), "KEN", "", 1, None),
        "Army\tKenya\thost": ("Army", ("host",), "KEN", "", 1, None),
        "Rift Valley Institute (RVI)": ("Rift Valley Institute (RVI)", (), None, "", 1, None),
        "Smith, Jones and Sons": ("Smith, Jones and Sons", (), None, "", 1, None),
        "3 NGOs": ("3 NGOs", (), None, "ngo", 3, None),
        "Three NGOs (observers)": ("Three NGOs", ("observer",), None, "ngo", 3, None),
        "NGOs": ("NGOs", (), None, "ngo", 1, None),
        "3 ONG": ("3 ONG", (), None, "ngo", 3, None),
        "local communities": ("local communities", (), None, "community", 1, None),
        "2 women's organisations": (
            "2 women's organisations",
            (),
            None,
            "womens_organisation",
            2,
            None,
        ),
        "120 soldiers": ("120 soldiers", (), None, "armed_force", 1, 120),
        "environ 40 soldats": ("environ 40 soldats", (), None, "armed_force", 1, 40),
        "900 NGOs": ("900 NGOs", (), None, "ngo", 1, None),
        "UN officials": ("UN officials", (), None, "", 1, None),
        "Parliament": ("Parliament", (), None, "", 1, None),
        "Philippines": ("Philippines", (), None, "", 1, None),
    }.items(),
)
def test_a_line_is_taken_apart(text, line, geography):
    assert lines_of(text, geography) == [line]


def test_lines_are_parted_by_semicolons_too_and_counted_once(geography):
    text = "United States (host); Kenya Defence Forces;\n\n3 NGOs\r\nKenya Defence Forces"
    assert [line[0] for line in lines_of(text, geography)] == [
        "United States",
        "Kenya Defence Forces",
        "3 NGOs",
    ]


def matched(text, geography):
    places, words = geography
    return whos.match(whos.read_lines(text, words, places.gazetteer), places.gazetteer, None)


def test_a_body_is_found_by_its_names_and_nothing_is_taken_for_it_that_is_only_like_it(
    forces, geography
):
    OtherName.objects.create(stakeholder=forces, name="KDF", kind="acronym")
    twins = [StakeholderFactory(name="Navy", country_id=code) for code in ("KEN", "UGA")]
    usa = StakeholderFactory(name="United States", type_id="state", country_id="USA")
    found = matched(
        f"kenya defence forces; KDF; Kenya Defense Force; Navy; Navy (Uganda); USA; "
        f"Army of the Moon; {forces.reference}",
        geography,
    )
    assert [one.actor for one in found] == [
        *(forces, forces, None, None),
        *(twins[1], usa, None, forces),
    ]
    assert [one.candidates for one in found[2:4]] == [[forces], twins]
    assert found[6].candidates == []


def test_a_person_of_the_same_name_is_asked_about(geography):
    person = StakeholderFactory(person=True, name="Jane Example")
    (found,) = matched("Jane Example (speaker)", geography)
    assert (found.actor, found.candidates) == (None, [person])


def test_thirty_lines_are_matched_in_few_queries(geography):
    StakeholderFactory.create_batch(30)
    places, words = geography
    names = [f"{actor.name} (observer)" for actor in Stakeholder.objects.all()]
    lines = whos.read_lines(
        "\n".join([*names[:25], *(f"Brigade {n}x" for n in range(5))]), words, places.gazetteer
    )
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = whos.match(lines, places.gazetteer, None)
    assert sum(one.settled for one in found) == 25
    # Names, other names, states; then those alike, in a transaction of its own.
    assert len(queries) <= 8


def test_a_new_actor_is_made_only_when_somebody_says_so(client, forces):
    who = "Kenya Defence Force; Brigade of the Lake; Col. Jane Example (speaker)"
    response = log(client, who=who)
    assert response.status_code == 200
    assert "Say who this is." in text_of(response)
    assert not Engagement.objects.exists()
    assert Stakeholder.objects.get() == forces
    again = fields_of(response) | {"who-0-take": str(forces.pk), "who_create": "1", "_save": "1"}
    client.post(PAGE, again)
    army, brigade, person = Participation.objects.order_by("pk")
    assert army.stakeholder == forces
    assert (brigade.stakeholder.name, brigade.stakeholder.type_id) == (
        "Brigade of the Lake",
        "armed_force",
    )
    assert (person.stakeholder.type_id, person.role_id) == ("person", "speaker")
    assert person.disclosure == person.stakeholder.default_disclosure == "withheld"


def test_who_may_not_log_actors_makes_none_here_either(contributor, client, forces):
    contributor.groups.clear()
    for name in ("add_engagement", "view_engagement", "change_engagement"):
        contributor.user_permissions.add(Permission.objects.get(codename=name))
    response = log(client, who="Lake Brigade", who_create="1", who__0__take="new")
    assert "Say who this is." in text_of(response)
    assert "new actor" not in text_of(response)
    assert not Stakeholder.objects.filter(name="Lake Brigade").exists()


def test_a_line_can_be_left_out_and_an_actor_is_not_made_twice(client, forces):
    log(
        client,
        who="Lake Brigade (host); Lake Brigade (funder); Unclear one",
        who__0__line="Lake Brigade (host)",
        who__0__take="new",
        who__1__take="new",
        who__2__take="later",
    )
    rows = Participation.objects.order_by("pk")
    assert [row.role_id for row in rows] == ["host", "funder"]
    assert len({row.stakeholder_id for row in rows}) == 1


def test_a_body_that_is_there_is_not_made_again_under_another_spelling(client, forces):
    StakeholderFactory(name="Lake Brigade", type_id="armed_force")
    StakeholderFactory(name="Lake Brigade", type_id="ngo")
    response = log(client, who="Lake Brigade", who__0__take="new", who__0__kind="armed_force")
    assert "is already in the register as" in text_of(response)
    assert not Engagement.objects.exists()


def test_a_state_is_made_with_its_country_and_of_its_day(client):
    log(client, who="Russia", who_create="1", when="May 1985", who__0__take="new")
    state = Participation.objects.get().stakeholder
    assert (state.type_id, state.country_id) == ("state", "SUN")


# --- how we know ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "url"),
    [
        ("https://www.nato.int/news/1", "official_document", "https://www.nato.int/news/1"),
        ("army.mil/article/1", "official_document", "https://army.mil/article/1"),
        ("https://x.com/post/1", "social_media", "https://x.com/post/1"),
        ("https://peace.example.org/", "organisation_report", "https://peace.example.org/"),
        ("The Standard, 3 May 1980, p. 4", "news", ""),
    ],
)
def test_a_source_is_an_address_or_a_title(text, kind, url):
    (source,) = quick.read_sources(text, own=False)
    assert (source.kind, source.url, source.title) == (kind, url, "" if url else text)


@pytest.mark.parametrize("text", ["htp://news.example", "www.news example", "http://a b.example"])
def test_a_broken_address_is_said(text):
    with pytest.raises(quick.SourceError, match="address"):
        quick.read_sources(text, own=False)


def test_an_own_report_is_a_source(client, forces):
    log(client, how="", own_report="on")
    source = Engagement.objects.get().sources.get()
    assert (source.kind, source.independence, source.accessed) == ("own_report", "own", None)
    assert quick.read_sources("Own report", own=False) == [quick.Citation("own_report")]


# --- where ------------------------------------------------------------------------------------------

PLACES = {
    "Kenya": [("", "KEN", None, "country")],
    "KEN": [("", "KEN", None, "country")],
    "Allemagne": [("", "DEU", None, "country")],
    "Nanyuki, Kenya": [("Nanyuki", "KEN", None, "place")],
    "Kenya; Uganda": [("", "KEN", None, "country"), ("", "UGA", None, "country")],
    "Kenya and Uganda": [("", "KEN", None, "country"), ("", "UGA", None, "country")],
    "Red Sea": [("", None, "red-sea", "region")],
    "mer Rouge": [("", None, "red-sea", "region")],
    "Eastern Africa": [("", None, "014", "region")],
    "online": [("Online", None, "001", "virtual")],
    "en ligne": [("Online", None, "001", "virtual")],
    "worldwide": [("", None, "001", "region")],
    "Nanyuki": [("Nanyuki", None, None, "place")],
    "unknown": [],
}


@pytest.mark.parametrize(("text", "places"), PLACES.items())
def test_a_place_is_what_the_codebook_knows_by_that_name(text, places, geography):
    found = [place.where for place in geography[0].read(text, None)]
    assert [(p.name, p.country, p.region, p.precision) for p in found] == places


def test_the_state_is_that_of_the_day(geography):
    day = date(1985, 5, 1)
    (place,) = geography[0].read("Moscow, Russia", (day, day))
    assert place.where.country == "SUN"


def test_a_town_without_a_country_is_not_guessed_but_offered(geography):
    EngagementFactory()
    (place,) = geography[0].read("Nanyuki", None)
    assert (place.where.country, place.offers) == (None, ("Nanyuki, Kenya",))
    (capital,) = geography[0].read("Nairobi", None)
    assert (capital.where.country, capital.offers) == (None, ("Nairobi, Kenya",))


def test_names_of_places_are_offered_while_one_types(client):
    found = client.get(f"{PAGE}find/where/?q=kenya").json()["found"]
    assert found[0] == {"text": "Kenya", "note": "Eastern Africa"}
    assert client.get(f"{PAGE}find/where/?q=k").json() == {"found": []}


# --- by script --------------------------------------------------------------------------------------


def test_each_field_is_read_back_alone(client, forces):
    answer = client.post(f"{PAGE}read/", WHOLE | {"read": ["when", "who", "alike", "x"]}).json()
    assert set(answer) == {"when", "who", "alike", "count"}
    assert "7 days" in answer["when"]
    assert answer["count"] == "2 lines. All are clear."
    assert client.post(f"{PAGE}read/", {"read": list(READ)}).status_code == 200


@pytest.mark.parametrize(
    ("text", "offered"),
    [("3/4/2001", "On 3 April 2001"), ("3/4/2001 to 5/6/2001", "2001-04-03 to 5/6/2001")],
)
def test_what_a_date_may_mean_is_offered_in_words(client, text, offered):
    assert offered in client.post(f"{PAGE}read/", {"read": "when", "when": text}).json()["when"]


def test_actors_of_one_name_are_offered_with_their_reference(client, forces):
    other = StakeholderFactory(name="Kenya Defence Forces", type_id="ngo")
    person = StakeholderFactory(person=True, name="Kenya Example")
    found = [one["text"] for one in client.get(f"{PAGE}find/who/?q=kenya").json()["found"]]
    assert set(found) == {
        f"{forces.name} [{forces.reference}]",
        f"{other.name} [{other.reference}]",
        f"{person.name} [{person.reference}]",
    }


def test_kinds_and_series_are_offered(client):
    series = SeriesFactory(name="Exercise Bright Path")
    found = client.get(f"{PAGE}find/what/?q=exercise").json()["found"]
    assert found[0] == {"text": series.name, "note": "series", "series": series.pk}
    assert {
        "text": "Joint (multinational) exercise",
        "note": "Exercise",
        "activity": "joint_exercise",
    } in found


# --- is it logged already? --------------------------------------------------------------------------


def test_look_alikes_are_shown_and_the_answer_is_kept(client, forces):
    other = EngagementFactory(title="Quite another name", start="2019-05-15", end="2019-05-16")
    response = log(client, follow=False)
    assert other.reference in text_of(response)
    answers = fields_of(response) | {f"look_alike_{other.pk}": "next", "_save": "1"}
    client.post(PAGE, answers)
    record = Engagement.objects.latest("pk")
    assert LookAlike.objects.get().answer == "next"
    assert record.pk != other.pk


# --- what is usual ------------------------------------------------------------------------------------


DAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("start", "end", "ongoing", "status"),
    [
        ("2019-05-14", "2019-05-20", False, "completed"),
        ("2019", "", False, "completed"),
        ("", "2019", False, "completed"),
        ("2019", "2020", True, "ongoing"),
        ("2026-11-01", "2026-12-31", False, "ongoing"),
        ("2026-11-26", "", False, "ongoing"),
        ("2027", "", False, "planned"),
        ("2026-11-27", "2027", False, "planned"),
        ("2026", "", False, "unknown"),
        ("2026-11", "", False, "unknown"),
        ("", "2027", False, "unknown"),
        ("", "", False, "unknown"),
        ("", "", True, "ongoing"),
    ],
)
def test_the_status_follows_the_dates_where_they_leave_no_doubt(start, end, ongoing, status):
    assert defaults.status_for(start, end, DAY, ongoing=ongoing) == status


def test_a_planned_event_waits_until_it_is_over_unless_it_was_announced(client, forces):
    response = log(client, when=f"14-20 May {NEXT_YEAR}")
    record = Engagement.objects.get()
    assert record.status == Status.PLANNED
    assert str(record.embargo_until) == f"{NEXT_YEAR}-05-20"
    assert "We set “not before”" in messages_of(response)
    record.delete()
    log(client, when=f"14-20 May {NEXT_YEAR}", announced="1")
    assert Engagement.objects.get().embargo_until is None


@pytest.mark.parametrize("track", ["1", "1.5", "2", "3", None])
def test_track_two_and_three_start_under_the_chatham_house_rule(track):
    closed = track in ("2", "3")
    assert defaults.marking_for(track) == (Marking.CHATHAM_HOUSE if closed else Marking.OPEN)


def whole_form(client, **changes):
    return send(client, ADD, title="Talks", activity="conference", **changes)


def test_the_whole_form_has_the_same_defaults_and_says_so(client):
    soon = (today() + timedelta(days=30)).isoformat()
    response = whole_form(client, track="2", start=soon, end=soon)
    record = Engagement.objects.get()
    assert (record.marking, record.status) == (Marking.CHATHAM_HOUSE, Status.PLANNED)
    assert record.embargo_until.isoformat() == soon
    said = messages_of(response)
    assert said.count("We set") == 3
    assert "because Track II and III usually meet under it" in said


def test_dates_that_do_not_exist_are_refused_before_anything_follows_from_them(client):
    response = whole_form(client, start="1980-13", end="1980-99")
    assert text_of(response).count("is not a date. Write 1980") == 2
    assert not Engagement.objects.exists()


def test_the_whole_form_leaves_a_choice_alone(client):
    response = whole_form(client, track="2", start="2999", marking="open", status="postponed")
    record = Engagement.objects.get()
    assert (record.marking, record.status, record.embargo_until) == ("open", "postponed", None)
    assert "We set" not in messages_of(response)


def test_what_an_organiser_announced_is_not_embargoed_in_the_whole_form(client, forces):
    whole_form(
        client,
        start="2999",
        participations__0__stakeholder=forces.pk,
        participations__0__announced="on",
    )
    assert Engagement.objects.get().embargo_until is None


def test_what_is_held_online_is_in_the_region_of_the_world(client):
    whole_form(client, places__0__name="By video", places__0__precision="virtual")
    assert Engagement.objects.get().places.get().region_id == "001"


def test_a_draft_gets_its_marking_with_its_first_track_and_keeps_what_is_chosen_then(
    client, forces
):
    log(client)
    record = Engagement.objects.get()
    page = reverse("admin:engagements_engagement_change", args=[record.pk])
    response = send(client, page, track="3")
    record.refresh_from_db()
    assert record.marking == Marking.CHATHAM_HOUSE
    assert "We set the marking" in messages_of(response)
    send(client, page, marking="open")
    send(client, page, track="2")
    record.refresh_from_db()
    assert record.marking == Marking.OPEN


def test_persons_start_withheld():
    person = ParticipationFactory(stakeholder=StakeholderFactory(person=True))
    assert person.disclosure == "withheld"
