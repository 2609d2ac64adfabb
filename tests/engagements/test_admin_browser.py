"""The working side in a real browser, under the strict content security policy."""

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

from engagements.models import Engagement, LookAlike
from tests.factories import EngagementFactory, SeriesFactory, StakeholderFactory, UserFactory

if TYPE_CHECKING:
    from playwright.sync_api import Page

ADD = "/admin/engagements/engagement/add/"
INTERACTIONS = 40
"""Fields filled, things clicked and chosen: with five seconds for each, well under three minutes
beside the typing of the summary."""


class Hand:
    """A person at the page, who counts what they do."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.done = 0

    def fill(self, field: str, text: str) -> None:
        self.done += 1
        self.page.fill(f"#id_{field}", text)

    def select(self, field: str, value: str) -> None:
        self.done += 1
        self.page.select_option(f"#id_{field}", value)

    def tick(self, field: str, value: str) -> None:
        self.done += 1
        self.page.check(f"#id_{field} input[value={value}]")

    def click(self, selector: str) -> None:
        self.done += 1
        self.page.click(selector)

    def find(self, field: str, typed: str, choice: str) -> None:
        """Open a type-ahead, type, and take what it offers."""
        self.done += 3
        self.page.click(f"[aria-labelledby~=select2-id_{field}-container]")
        self.page.keyboard.type(typed)
        self.page.click(f".select2-results__option:has-text('{choice}')")


def sign_in(page: "Page", **who: bool) -> None:
    """Be signed in: the pages of the sign-in have tests of their own."""
    client = Client()
    client.force_login(UserFactory(**who))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": session,
                "domain": "localhost",
                "path": settings.SESSION_COOKIE_PATH,
            }
        ]
    )


def assert_accessible(page: "Page") -> None:
    page.wait_for_timeout(200)  # links of the admin take their time to change their colour
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_whole_engagement_is_logged_without_leaving_the_page(page: "Page") -> None:
    StakeholderFactory(name="Association of Veterans", country_id="HRV", type_id="ngo")
    sign_in(page, contributor=True)
    page.goto(ADD)
    hand = Hand(page)
    hand.fill("title", "Veterans meet on the Danube")
    hand.select("activity", "veterans_dialogue")
    hand.fill("start", "2019-05")
    hand.fill("summary", "Veterans of both sides met for three days and agreed to meet again.")
    hand.fill("places-0-name", "Vukovar")
    hand.find("places-0-country", "hrv", "Croatia")
    hand.find("participations-0-stakeholder", "veterans", "Association of Veterans")
    hand.select("participations-0-capacity", "non_official")
    with page.expect_popup() as opened:
        hand.click("#add_id_participations-1-stakeholder")
    other = Hand(opened.value)
    other.fill("name", "Veterans of Novi Sad")
    other.select("type", "veterans_organisation")
    other.find("country", "serbia", "Serbia")
    other.click("input[name=_save]")
    page.wait_for_selector("[id$=participations-1-stakeholder-container][title*='Novi Sad']")
    hand.select("participations-1-capacity", "non_official")
    hand.select("track", "3")
    hand.tick("track3_links", "community_participants")
    hand.tick("objectives", "reconciliation")
    hand.select("sources-0-kind", "news")
    hand.fill("sources-0-title", "Veterans meet in Vukovar")
    hand.fill("sources-0-url", "https://news.example/vukovar")
    hand.click("#sources-0 details summary")
    hand.tick("sources-0-supports", "title")
    hand.click("#id_nothing_classified")
    hand.select("outcomes-0-kind", "follow_up_agreed")
    hand.fill("outcomes-0-statement", "They agreed to meet each spring.")
    hand.select("outcomes-0-source_rows", "0")
    hand.click("button[name=_submit]")
    page.wait_for_url("**/submit/")
    hand.click(".submit-row input[type=submit]")
    page.wait_for_url("**/change/")
    assert hand.done + other.done <= INTERACTIONS
    engagement = Engagement.objects.get()
    assert engagement.state == "submitted"
    names = {str(participation) for participation in engagement.participations.all()}
    assert names == {"Association of Veterans", "Veterans of Novi Sad"}
    assert engagement.outcomes.get().source == engagement.sources.get()


def test_the_choice_of_a_source_follows_it_when_a_row_above_is_taken_out(page: "Page") -> None:
    sign_in(page, contributor=True)
    page.goto(ADD)
    page.fill("#id_sources-0-title", "First")
    page.click("#sources-group .add-row a")
    page.fill("#id_sources-1-title", "Second")
    page.select_option("#id_outcomes-0-source_rows", label="Source 2: Second")
    page.click("#sources-0 .inline-deletelink")
    chosen = page.locator("#id_outcomes-0-source_rows option:checked")
    chosen.filter(has_text="Source 1: Second").wait_for(state="attached")
    page.click("#sources-0 .inline-deletelink")
    chosen.filter(has_text="---").wait_for(state="attached")


def test_a_known_day_is_picked_from_the_calendar_and_a_year_is_typed(page: "Page") -> None:
    sign_in(page, contributor=True)
    page.goto(ADD)
    page.fill("#id_start", "1980")
    page.fill("#id_end", "1980-05")
    page.click(".fieldBox.field-end .datetimeshortcuts [id^=calendarlink]")
    page.click(".calendarbox:visible td:not(.nonday) >> text='17'")
    assert page.input_value("#id_start") == "1980"
    assert page.input_value("#id_end").endswith("-17")
    assert len(page.input_value("#id_end")) == len("1980-05-17")


def test_the_next_edition_is_logged_in_twelve_interactions(page: "Page") -> None:
    series = SeriesFactory(name="Bright Path")
    last = EngagementFactory(
        title="Bright Path 2018", series=series, start="2018-05", end="", published=True
    )
    sign_in(page, contributor=True)
    page.goto("/admin/")
    hand = Hand(page)
    hand.click("#content a:has-text('Series')")
    hand.click(".field-name a:has-text('Bright Path')")
    hand.click("button:has-text('Log the next edition')")
    page.wait_for_selector(".messagelist")
    hand.fill("edition", "2019")
    hand.fill("start", "2019-05")
    hand.click("#places-group .add-row a")
    hand.fill("places-0-name", "Nanyuki")
    hand.click("#sources-group .add-row a")
    hand.select("sources-0-kind", "news")
    hand.fill("sources-0-title", "Two armies meet again")
    hand.click("input[name=_save]")
    page.wait_for_url("**/engagements/engagement/")
    assert hand.done <= 12
    draft = Engagement.objects.latest("pk")
    assert (draft.start, draft.series, draft.state) == ("2019-05", series, "draft")
    assert draft.related.get().target == last


def test_look_alikes_are_shown_when_date_and_place_are_given(page: "Page") -> None:
    other = EngagementFactory(title="Joint manoeuvres", start="2019-05-06", end="2019-05-17")
    sign_in(page, contributor=True)
    page.goto(ADD)
    hand = Hand(page)
    hand.fill("title", "Quite another name")
    hand.fill("start", "2019-05-07")
    hand.find("places-0-country", "ken", "Kenya")
    shown = page.locator("#look-alikes li")
    shown.filter(has_text=other.reference).wait_for()
    assert "same place, overlapping dates" in shown.inner_text()
    assert_accessible(page)
    page.check("#look-alikes input[value=different]")
    page.select_option("#id_activity", "joint_exercise")
    page.click("input[name=_continue]")
    page.wait_for_url("**/change/")
    assert LookAlike.objects.get().answer == "different"
    assert not page.locator("#look-alikes li").count()


def test_the_details_that_fit_the_activity_are_there_and_no_others(page: "Page") -> None:
    sign_in(page, contributor=True)
    page.goto(ADD)
    blocks = page.locator(".details-of:visible")
    assert blocks.count() == 0
    page.select_option("#id_activity", "joint_exercise")
    assert blocks.count() == 1
    page.select_option("#id_exercise_details-0-form", "live")
    # What says something stays, whatever is chosen then.
    page.select_option("#id_activity", "workshop_seminar")
    assert blocks.count() == 2


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_scrolls_sideways_and_axe_finds_nothing(page: "Page", width: int) -> None:
    series = SeriesFactory()
    for year in ("2001", "2002", "2003", "2007"):
        other = EngagementFactory(series=series, start=year, end="")
    submitted = EngagementFactory(submitted=True, parties=[StakeholderFactory(person=True)])
    sign_in(page, administrator=True)
    page.set_viewport_size({"width": width, "height": 900})
    record = f"/admin/engagements/engagement/{submitted.pk}"
    for address in (
        "/admin/",
        "/admin/engagements/engagement/",
        ADD,
        f"{record}/change/",
        f"{record}/review/",
        "/admin/engagements/engagement/desk/",
        f"{record}/history/",
        f"{record}/merge/",
        f"{record}/merge/?other={other.reference}",
        f"/admin/engagements/series/{series.pk}/change/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert_accessible(page)
