"""Lists that somebody comes back to: whose they are, who sees them, and what they find today."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from engagements import saved_filters
from engagements.models import SavedFilter
from milidip.codebook.models import Theme
from stakeholders.models import Protection
from tests.engagements.screens import send
from tests.engagements.test_erasure import erased
from tests.factories import (
    EngagementFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

LIST = reverse("admin:engagements_engagement_changelist")
ACTORS = reverse("admin:stakeholders_stakeholder_changelist")
SAVE = reverse("admin:engagements_savedfilter_save")
ALL = reverse("admin:engagements_savedfilter_changelist")
PUBLIC = reverse("admin:engagements_savedfilter_public")


@pytest.fixture
def author(db):
    return UserFactory(contributor=True, username="author")


@pytest.fixture
def editor(db):
    return UserFactory(editor=True, username="the-editor")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def keep(user, query="state=draft&by=me", *, name="My drafts", of="engagements", **more):
    return as_(user).post(SAVE, {"of": of, "query": query, "name": name, **more}, follow=True)


def kept(owner, name="Kept", **changes) -> SavedFilter:
    fields = {"of": "engagements", "query": [["state", "draft"]], "shared": False}
    return SavedFilter.objects.create(owner=owner, name=name, **(fields | changes))


def page_of(saved, which="change") -> str:
    return reverse(f"admin:engagements_savedfilter_{which}", args=[saved.pk])


def text(response) -> str:
    return response.content.decode()


# --- lists of the admin --------------------------------------------------------------------------


def test_a_filter_is_saved_from_its_list_and_leads_back_to_it(author):
    draft = EngagementFactory(created_by=author)
    EngagementFactory(created_by=author, submitted=True)
    shown = as_(author).get(f"{LIST}?state=draft&by=me&p=1")
    assert 'name="query" value="state=draft&amp;by=me"' in text(shown)

    after = keep(author)
    assert after.request["PATH_INFO"] == LIST
    assert [row.pk for row in after.context["cl"].result_list] == [draft.pk]
    assert f'<a href="{LIST}?state=draft&amp;by=me" aria-current="page">My drafts</a>' in text(
        after
    )
    saved = SavedFilter.objects.get()
    assert (saved.owner, saved.shared, saved.query) == (
        author,
        False,
        [["state", "draft"], ["by", "me"]],
    )


def test_there_is_nothing_to_save_where_nothing_is_filtered(author):
    assert "Save this filter" not in text(as_(author).get(LIST))


def test_actors_have_saved_filters_of_their_own(author):
    after = keep(author, "type__code__exact=ngo", name="NGOs", of="stakeholders")
    assert after.request["PATH_INFO"] == ACTORS
    assert ">NGOs</a>" in text(after)
    assert ">NGOs</a>" not in text(as_(author).get(LIST))


@pytest.mark.parametrize(
    "query",
    [
        "created_by__password__startswith=x",
        "made_up=1",
        "p=2",
        "",
        "start_earliest__year=nonsense",
        "state=%00",
    ],
)
def test_what_the_list_does_not_take_is_not_saved(author, query):
    after = keep(author, query)
    assert "The list does not take this filter." in text(after)
    assert not SavedFilter.objects.exists()


def test_what_is_too_long_is_not_saved(author):
    assert "too long to be saved" in text(keep(author, "q=" + "x" * 2000))
    assert not SavedFilter.objects.exists()


def test_two_of_a_name_are_refused_and_the_name_typed_is_not_lost(author):
    kept(author, "My drafts")
    again = keep(author)
    assert "You have a saved filter of this name already." in text(again)
    assert 'value="My drafts"' in text(again)
    assert SavedFilter.objects.count() == 1
    renamed = send(
        as_(author), page_of(kept(author, "Other")), name=" My  drafts ", button="_save"
    )
    assert "You have a saved filter of this name already." in text(renamed)
    # Somebody else may call theirs the same.
    keep(UserFactory(contributor=True))
    assert SavedFilter.objects.filter(name="My drafts").count() == 2


# --- whose they are ------------------------------------------------------------------------------


def test_what_somebody_keeps_for_themselves_nobody_else_sees(author, editor):
    private = kept(author, "Zyxmarker")
    for user in (editor, UserFactory(administrator=True)):
        client = as_(user)
        assert "Zyxmarker" not in text(client.get(LIST)) + text(client.get(ALL))
        for which in ("change", "history", "delete"):
            assert client.get(page_of(private, which)).status_code == 302
        client.post(page_of(private, "delete"), {"post": "yes"})
    assert SavedFilter.objects.get() == private


def test_shared_ones_are_seen_by_all_staff_under_the_name_of_the_owner(author, editor):
    shared = kept(editor, "Sahel", shared=True)
    client = as_(author)
    assert ">Sahel</a>" in text(client.get(LIST))
    assert "shared by the-editor" in text(client.get(LIST))
    # To be used, and not to be changed.
    client.post(page_of(shared), {"name": "Renamed", "order": "1"})
    client.post(page_of(shared, "delete"), {"post": "yes"})
    client.post(ALL, {"action": "delete_selected", "_selected_action": shared.pk, "post": "yes"})
    assert SavedFilter.objects.get().name == "Sahel"


def test_who_may_share_shares_and_nobody_else(author, editor):
    keep(author, shared="on")
    own = SavedFilter.objects.get()
    assert own.shared is False
    assert 'name="shared"' not in text(as_(author).get(page_of(own)))
    send(as_(author), page_of(own), name="Renamed", shared="on", button="_save")
    own.refresh_from_db()
    assert (own.name, own.shared) == ("Renamed", False)

    keep(editor, name="For all", shared="on")
    assert SavedFilter.objects.get(name="For all").shared is True


def test_an_editor_keeps_the_shared_ones_tidy(editor):
    reviewer = UserFactory(reviewer=True)
    shared = kept(reviewer, "Old", shared=True)
    send(as_(editor), page_of(shared), name="New", shared="on", order="5", button="_save")
    shared.refresh_from_db()
    assert (shared.name, shared.order, shared.owner) == ("New", 5, reviewer)
    as_(editor).post(page_of(shared, "delete"), {"post": "yes"})
    assert not SavedFilter.objects.exists()


def test_they_stand_in_the_order_that_was_given(author):
    for name, order in (("Third", 30), ("First", 10), ("Second", 20)):
        kept(author, name, order=order)
    shown = text(as_(author).get(LIST))
    assert shown.index(">First<") < shown.index(">Second<") < shown.index(">Third<")


def test_a_shared_name_that_holds_a_protected_name_is_shown_to_who_may_read_it(author, editor):
    person = StakeholderFactory(person=True, name="Jane Zyxmarker")
    kept(editor, "Trips of Jane Zyxmarker", shared=True)
    kept(editor, "Innocent", query=[["q", "jane zyxmarker"]], shared=True)
    kept(author, "My Jane Zyxmarker")
    Protection.objects.create(stakeholder=person, protected_by=editor, reason="Threatened.")
    for address in (LIST, ALL):
        seen = text(as_(author).get(address))
        assert "Trips of" not in seen
        assert "Innocent" not in seen
        assert "My Jane Zyxmarker" in seen  # who wrote it knows it
        assert "Trips of" in text(as_(editor).get(address))


def test_an_erased_name_is_left_in_no_saved_filter(editor):
    person = StakeholderFactory(person=True, name="Aurelix Quillvorn")
    saved = kept(editor, "Aurelix Quillvorn again", query=[["q", "aurelix quillvorn"]])
    saved.name = "Of Aurelix Quillvorn"
    saved.save()
    erased(person, editor, UserFactory(reviewer=True))
    saved.refresh_from_db()
    kept_of_it = [saved.name, saved.query]
    kept_of_it += SavedFilter.pgh_event_model.objects.values_list("name", "query")
    assert "quillvorn" not in str(kept_of_it).casefold()


# --- the public catalogue ------------------------------------------------------------------------


@pytest.fixture
def two_public(db):
    first = EngagementFactory(title="Exercise one", place__country_id="KEN")
    first.themes.set(["cyber"])
    for record in (first, EngagementFactory(title="Exercise two")):
        clear(record)
        publish(record)
    return first


def paste(user, address, name="Cyber", **more):
    return as_(user).post(PUBLIC, {"address": address, "name": name, **more}, follow=True)


@pytest.mark.parametrize(
    "address",
    [
        "/engagements/?theme=cyber",
        "  http://testserver/engagements/?theme=cyber&page=1&view=table ",
        "http://testserver/fr/engagements/?theme=cyber",
        "/engagements.csv?theme=cyber",
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_address_of_the_catalogue_is_saved_as_it_was_meant(db, address, language):
    with translation.override(language):
        assert saved_filters.public_pairs(address, {"testserver"}) == [("theme", "cyber")]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://elsewhere.example/engagements/?theme=cyber", "This is no address"),
        ("/admin/engagements/engagement/?state=draft", "This is no address"),
        ("nonsense", "This is no address"),
        ("http://[", "This is no address"),
        ("/engagements/?theme=nonsense", "theme: “nonsense” is not in the codebook."),
        ("/engagements/?contry=KEN", "“contry” is not a filter."),
        ("/engagements/?after=2020&before=2010", "is later than before"),
        ("/engagements/?q=" + "x" * 2000, "most 2000 characters"),
    ],
)
def test_an_address_that_the_catalogue_would_refuse_is_refused_with_its_words(
    author, address, told
):
    after = paste(author, address)
    assert told in text(after)
    assert not SavedFilter.objects.exists()
    assert 'value="Cyber"' in text(after)


def test_a_saved_public_list_finds_today_what_the_public_finds(author, two_public):
    page = paste(author, "/engagements/?theme=cyber")
    (shown, may_change), *others = page.context["lists"]
    assert (shown.number, may_change, others) == (1, True, [])
    assert "Theme: Cyber security" in shown.words
    assert Client().get(shown.path).headers["X-Total-Count"] == "1"
    assert (shown.path, shown.csv) == (
        "/engagements/?theme=cyber",
        "/engagements.csv?theme=cyber",
    )
    assert f"http://testserver{shown.path}" in text(page)


def test_a_list_whose_term_has_gone_says_so_and_counts_nothing(author):
    term = Theme.objects.create(
        code="of_our_own", label="Ours", definition="Made here.", group="technology"
    )
    paste(author, "/engagements/?theme=of_our_own", name="Ours")
    term.delete()
    page = as_(author).get(PUBLIC)
    assert "The catalogue does not take it any more:" in text(page)
    assert "“of_our_own” is not in the codebook." in text(page)
    assert page.context["lists"][0][0].number is None


def test_the_public_side_knows_nothing_of_what_is_saved(editor, two_public):
    before = text(Client().get("/engagements/"))
    kept(editor, "Zyxmarker", of="catalogue", query=[["theme", "cyber"]], shared=True)
    assert text(Client().get("/engagements/")) == before


def test_lists_of_others_are_there_when_they_are_shared(author, editor):
    kept(editor, "Theirs", of="catalogue", query=[["theme", "cyber"]])
    kept(editor, "Ours", of="catalogue", query=[["theme", "cyber"]], shared=True)
    page = as_(author).get(PUBLIC)
    assert [each.saved.name for each, _may_change in page.context["lists"]] == ["Ours"]
    assert page.context["lists"][0][1] is False
