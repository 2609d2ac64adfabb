"""Quick log in a real browser, by somebody who counts: clicks, fields typed in, keys pressed."""

from typing import TYPE_CHECKING

import pytest

from engagements.models import Engagement
from milidip.codebook.choices import State
from stakeholders.models import Stakeholder
from tests.engagements.test_admin_browser import assert_accessible, sign_in
from tests.factories import EngagementFactory, SeriesFactory, StakeholderFactory

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = "/admin/engagements/engagement/quick/"
MOST, MOST_FOR_AN_EDITION = 25, 12


class Hand:
    """A person at the page. A field typed in counts as one, and so does each key beside."""

    def __init__(self, page: "Page", what: str) -> None:
        self.page, self.what, self.done = page, what, 0

    def click(self, selector: str) -> None:
        self.done += 1
        self.page.click(selector)

    def fill(self, selector: str, text: str) -> None:
        """Click into a field, or tab to it, and type: the field counts, not its letters."""
        self.done += 1
        self.page.fill(selector, text)
        self.page.locator(selector).dispatch_event("change")

    def select(self, selector: str, **choice: str) -> None:
        self.done += 1
        self.page.select_option(selector, **choice)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.done += 1
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.done += 1
        self.page.keyboard.type(text)

    def paste(self, selector: str, text: str) -> None:
        self.done += 1
        self.page.focus(selector)
        self.page.evaluate("text => document.execCommand('insertText', false, text)", text)
        self.page.locator(selector).dispatch_event("change")

    def report(self, most: int) -> None:
        print(f"\n{self.what}: {self.done} interactions, at most {most}")  # noqa: T201
        assert self.done <= most


def is_read(page: "Page", *fields: str) -> None:
    """What was understood of these fields is on the page."""
    for name in fields:
        shown = f"[data-reading={name}] [name={name}_shown]"
        page.wait_for_selector("[name=who-0-line]" if name == "who" else shown, state="attached")


@pytest.fixture
def forces(server: str) -> Stakeholder:
    StakeholderFactory(name="United States", type_id="state", country_id="USA")
    return StakeholderFactory(name="Kenya Defence Forces", country_id="KEN")


def test_an_engagement_is_a_draft_in_at_most_25_interactions(
    page: "Page", forces: Stakeholder
) -> None:
    other = EngagementFactory(title="Joint manoeuvres", start="1980-05-16", end="1980-05-17")
    sign_in(page, contributor=True)
    page.goto("/admin/")
    hand = Hand(page, "Quick log")
    hand.click("text=Log an engagement")
    hand.fill("#id_title", "Bright Path")
    hand.select("#id_activity", value="joint_exercise")
    hand.fill("#id_when", "14-20 May 1980")
    page.get_by_text("From 14 May 1980 to 20 May 1980 (7 days).").wait_for()
    hand.fill("#id_where", "Nanyuki, Kenya; Red Sea")
    page.get_by_text("Nanyuki, Kenya (Eastern Africa)").wait_for()
    page.locator("#look-alikes li").filter(has_text=other.reference).wait_for()
    hand.click("#look-alikes input[value=different]")
    hand.fill("#id_how", "https://news.example/bright-path")
    hand.fill("#id_add", "Kenya Def")
    hand.click("#id_add_found [role=option]")
    hand.fill("#id_add", "United States (host)")
    hand.press("Enter")
    page.get_by_text("2 lines. All are clear.").wait_for()
    is_read(page, "when", "where", "how")
    hand.click("input[name=_save]")
    page.wait_for_url("**/change/")
    hand.report(MOST)
    record = Engagement.objects.latest("pk")
    assert (record.state, record.start, record.end) == (State.DRAFT, "1980-05-14", "1980-05-20")
    names = {str(row): row.role_id for row in record.participations.all()}
    assert names == {"Kenya Defence Forces": "participant", "United States": "host"}


def test_what_was_typed_and_not_saved_is_offered_and_taken_up(
    page: "Page", forces: Stakeholder
) -> None:
    sign_in(page, contributor=True)
    page.goto(PAGE)
    page.fill("#id_title", "Bright Path")
    page.fill("#id_when", "May 1980")
    page.fill("#id_who", "Kenya Defence Forces (host)")
    page.locator(".unsaved-status", has_text="Saved as you typed").wait_for()
    page.goto(PAGE)
    assert page.input_value("#id_title") == ""
    page.get_by_role("link", name="Take it up").click()
    page.get_by_text("Some time in May 1980").wait_for()
    assert page.input_value("#id_title") == "Bright Path"
    assert page.input_value("#id_who") == "Kenya Defence Forces (host)"
    page.fill("#id_where", "Kenya")
    page.check("#id_own_report")
    is_read(page, "when", "where", "who")
    page.click("input[name=_save]")
    page.wait_for_url("**/change/")
    assert Engagement.objects.get().participations.get().role_id == "host"
    page.goto(PAGE)
    page.wait_for_load_state("networkidle")
    assert page.locator(".unsaved-offer").count() == 0


def test_the_keyboard_alone_is_enough(page: "Page", forces: Stakeholder) -> None:
    sign_in(page, contributor=True)
    page.goto("/admin/")
    hand = Hand(page, "Quick log, keyboard alone")
    hand.press("Tab", "Enter", "Tab", "Enter")  # past the head of the page
    page.wait_for_url(f"**{PAGE}")
    page.locator("#id_title:focus").wait_for()
    hand.type("Bright Path")
    hand.press("Tab")
    hand.type("joint")
    hand.press("Tab")
    hand.type("mid 2003")
    hand.press("Tab")
    page.get_by_text("Some time in 2003").wait_for()
    hand.type("Ken")
    page.locator("#id_where_found [role=option]").first.wait_for()
    hand.press("ArrowDown", "Enter", "Tab")
    hand.type("Own report")
    hand.press("Tab", "Tab")
    page.locator("#id_who:focus").wait_for()
    hand.type("Kenya Defence Forces (host)")
    is_read(page, "when", "where", "who")
    hand.press("Control+Enter")
    page.wait_for_url("**/change/")
    hand.report(MOST)
    record = Engagement.objects.get()
    assert (record.start, record.places.get().country_id) == ("2003", "KEN")
    assert record.activity_id == "joint_exercise"
    assert record.participations.get().stakeholder == forces
    assert "mid 2003" in record.working_note


def test_thirty_participants_are_pasted_matched_and_confirmed(
    page: "Page", forces: Stakeholder
) -> None:
    names = [StakeholderFactory(name=f"Regiment of Lake {number}").name for number in range(24)]
    pasted = [
        "Kenya Defence Forces (host)",
        "United States\torganiser",
        *(f"{name}, observer" for name in names),
        "Regiment of Lakes 7",
        "Women for Peace of Turkana",
        "Turkana University",
        "3 NGOs",
    ]
    sign_in(page, contributor=True)
    page.goto(PAGE)
    hand = Hand(page, "Paste of 30 participants, with the rest of the draft")
    hand.fill("#id_title", "Lake meeting")
    hand.fill("#id_when", "May 2019")
    hand.fill("#id_where", "Kenya")
    hand.fill("#id_how", "https://news.example/lakes")
    is_read(page, "when", "where", "how")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hand.paste("#id_who", "\n".join(pasted))
    page.get_by_text("30 lines. 3 wait for your answer.").wait_for()
    assert len([url for url in asked if url.endswith("/quick/read/")]) <= 2
    hand.click("[name=who_create]")
    page.get_by_text("30 lines. 1 waits for your answer.").wait_for()
    hand.select("[aria-label='Who is “Regiment of Lakes 7”?']", label=option_of(page, names[7]))
    page.get_by_text("30 lines. All are clear.").wait_for()
    is_read(page, "when", "where", "how")
    hand.click("input[name=_save]")
    page.wait_for_url("**/change/")
    hand.report(MOST)
    rows = Engagement.objects.get().participations.all()
    # The seventh regiment takes part once as observer and once as participant, as was said.
    assert rows.count() == 26 + 1 + 2 + 3
    assert rows.filter(role="observer").count() == 24
    assert Stakeholder.objects.get(name="Turkana University").type_id == "academic"


def option_of(page: "Page", name: str) -> str:
    options = page.locator("[aria-label='Who is “Regiment of Lakes 7”?'] option")
    return next(text for text in options.all_inner_texts() if text.startswith(f"{name} ("))


def test_the_next_edition_takes_at_most_12_interactions(page: "Page", server: str) -> None:
    last = EngagementFactory(
        title="Bright Path 2018", series=SeriesFactory(name="Bright Path"), start="2018", end=""
    )
    sign_in(page, contributor=True)
    page.goto("/admin/")
    hand = Hand(page, "Next edition")
    hand.click("#content a:has-text('Series')")
    hand.click(".field-name a:has-text('Bright Path')")
    hand.click("button:has-text('Log the next edition')")
    page.wait_for_url("**/change/")
    hand.fill("#id_edition", "2019")
    hand.fill("#id_start", "2019-05")
    hand.click("#places-group .add-row a")
    hand.fill("#id_places-0-name", "Nanyuki")
    hand.click("#sources-group .add-row a")
    hand.select("#id_sources-0-kind", value="news")
    hand.fill("#id_sources-0-title", "Two armies meet again")
    hand.click("input[name=_save]")
    page.wait_for_url("**/engagements/engagement/")
    hand.report(MOST_FOR_AN_EDITION)
    assert Engagement.objects.latest("pk").related.get().target == last


def test_axe_finds_nothing_whatever_the_width_and_the_colours(
    page: "Page", forces: Stakeholder
) -> None:
    EngagementFactory(title="Joint manoeuvres", start="2019-05-06", end="2019-05-17")
    sign_in(page, contributor=True)
    page.goto(PAGE)
    assert_accessible(page)
    page.fill("#id_when", "3/4/2001")
    page.get_by_role("button", name="On 3 April 2001").wait_for()
    assert_accessible(page)
    page.fill("#id_title", "Bright Path")
    page.fill("#id_when", "May 2019")
    page.fill("#id_where", "Kenya; Nairobi")
    page.fill("#id_how", "https://news.example/bright-path")
    page.fill("#id_who", "Kenya Defence Forces (host)\nKenya Defence Force\nLake Brigade")
    page.get_by_text("3 lines. 2 wait for your answer.").wait_for()
    is_read(page, "when", "where", "how")
    page.click("input[name=_save]")
    page.locator(".errornote:focus").wait_for()
    page.type("#id_where", "; ken")
    page.locator("#id_where_found [role=option]").first.wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 360, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    print("\nQuick log, axe: 0 violations, light and dark, at 1280, 360 and 320 px")  # noqa: T201
