"""The desk in a real browser: walked with the keyboard alone, and looked at by axe."""

from typing import TYPE_CHECKING

import pytest

from engagements import recent
from engagements.models import SavedFilter
from tests.browser.test_review import be
from tests.engagements.test_admin_browser import assert_accessible
from tests.factories import EngagementFactory, UserFactory, clear

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIST = "/admin/engagements/engagement/"
FAR = 300
"""Presses of the tab key after which something counts as out of reach."""

# Colours change slowly: they are looked at when they have changed.
SETTLED = "new Promise(done => setTimeout(done, 400))"


def tab_to(page: "Page", selector: str) -> None:
    """Press the tab key until the focus is where ``selector`` says."""
    for _press in range(FAR):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"The keyboard does not reach {selector}")


def go(page: "Page") -> None:
    """Press what has the focus, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def link(page: "Page", text: str) -> str:
    """A selector of the link with this text in the page: CSS alone cannot say it."""
    return f'[href="{page.get_by_role("link", name=text).first.get_attribute("href")}"]'


def is_open(page: "Page", dialog: str) -> bool:
    return page.locator(f"dialog#{dialog}").evaluate("dialog => dialog.open")


@pytest.fixture
def editor(server):
    return UserFactory(editor=True, username="editor")


def test_the_desk_is_walked_with_the_keyboard_alone(page, editor):
    first, second = (EngagementFactory(summary="", start=f"2019-05-0{day}") for day in (2, 1))
    be(page, editor)

    # The keys, the glossary, and back to where one was.
    page.keyboard.press("?")
    assert is_open(page, "shortcuts")
    page.keyboard.press("Escape")
    assert not is_open(page, "shortcuts")
    tab_to(page, "[data-opens=glossary-drawer]")
    page.keyboard.press("Enter")
    page.keyboard.type("retired")
    page.locator("#glossary-drawer dt", has_text="Retired official").wait_for()
    page.locator("#glossary-drawer [role=status]", has_text="term").wait_for()
    page.locator("#glossary-drawer dt", has_text="Track III").wait_for(state="detached")
    page.keyboard.press("Escape")
    assert not is_open(page, "glossary-drawer")
    assert page.evaluate("document.activeElement.dataset.opens") == "glossary-drawer"
    page.keyboard.press("g")
    assert is_open(page, "glossary-drawer")
    page.keyboard.press("Escape")

    # From the front page to what could be better, and to its list.
    tab_to(page, link(page, "Quality"))
    go(page)
    page.wait_for_url("**/quality/")
    tab_to(page, link(page, "No summary"))
    go(page)
    page.wait_for_url("**quality=no_summary")
    filtered = page.url

    # A letter in a field is a letter; a key outside of one leads to the search.
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "searchbar"
    page.keyboard.type("g?n")
    assert page.input_value("#searchbar") == "g?n"
    assert not is_open(page, "glossary-drawer")
    page.fill("#searchbar", "")

    # The list is kept under a name, for everybody.
    page.goto(filtered)
    tab_to(page, ".saved-filters summary")
    page.keyboard.press("Enter")
    tab_to(page, "#saved-name")
    page.keyboard.type("Without a summary")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    go(page)
    page.locator(".saved-filters [aria-current=page]", has_text="Without a summary").wait_for()
    assert SavedFilter.objects.get().shared

    # One theme for both of its records, looked at before.
    tab_to(page, "#action-toggle")
    page.keyboard.press("Space")
    page.locator("select[name=action]").focus()
    page.keyboard.type("Change themes")
    tab_to(page, "button[name=index]")
    go(page)
    tab_to(page, "[name=themes_how]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "[name=themes][value=cyber]")
    page.keyboard.press("Space")
    tab_to(page, "button[value=preview]")
    go(page)
    page.locator(".bulk-changes ins", has_text="Cyber security").first.wait_for()
    assert not first.themes.exists()
    tab_to(page, "[name=reason]")
    page.keyboard.type("Both were about networks.")
    tab_to(page, "button[value=write]")
    go(page)
    page.locator(".messagelist", has_text="2 records changed.").wait_for()
    assert [term.pk for record in (first, second) for term in record.themes.all()] == ["cyber"] * 2

    # The list is worked through: save and next, then save while typing.
    tab_to(page, link(page, first.reference))
    go(page)
    tab_to(page, "#id_summary")
    page.keyboard.type("Two armies met.")
    tab_to(page, "button[name=_next]")
    go(page)
    page.wait_for_url(f"**/{second.pk}/change/**")
    tab_to(page, "#id_summary")
    page.keyboard.type("They met again.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**quality=no_summary")
    assert page.locator("#result_list tbody tr").count() == 0

    # Who does not want single keys has none, also on the next page.
    page.keyboard.press("?")
    tab_to(page, "#single-keys")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("g")
    assert not is_open(page, "glossary-drawer")
    tab_to(page, "[data-opens=shortcuts]")
    page.keyboard.press("Enter")
    assert is_open(page, "shortcuts")


def looked_at(page: "Page", width: int, what: str) -> None:
    """No sideways scrolling, and nothing that axe finds, by day and by night.

    Colours are the same on the narrowest phone as on the next one: there, by day only.
    """
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, what
    for scheme in ("light", "dark")[: 1 if width == 320 else 2]:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        assert_accessible(page)


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_desk_is_accessible_on_a_phone_and_on_a_desk_by_day_and_by_night(page, width):
    user = UserFactory(administrator=True, username="desk")
    long = "A" * 60 + " very long title " * 8
    EngagementFactory(title=long, created_by=user, source=False)
    EngagementFactory(title=long, submitted=True)
    cleared = EngagementFactory(title=long)
    clear(cleared)
    recent.follow(user, ["002"])
    for of, query in (("engagements", [["state", "draft"]]), ("catalogue", [["theme", "cyber"]])):
        SavedFilter.objects.create(owner=user, name="B" * 60, of=of, query=query, shared=True)
    page.set_viewport_size({"width": width, "height": 900})
    be(page, user)
    for address in (
        "/admin/",
        f"{LIST}quality/",
        f"{LIST}?state=draft",
        "/admin/engagements/savedfilter/",
        "/admin/engagements/savedfilter/public/",
        f"{LIST}glossary/?find=track",
        f"{LIST}{cleared.pk}/change/?_changelist_filters=quality%3Dno_participants",
    ):
        page.goto(address)
        looked_at(page, width, address)
    page.click("[data-opens=glossary-drawer]")
    page.locator("#glossary-drawer dt").first.wait_for()
    looked_at(page, width, "the drawer")
    page.keyboard.press("Escape")
    page.click("button[data-opens=shortcuts]")
    looked_at(page, width, "the keys")
    page.keyboard.press("Escape")
    page.click("#field-help")
    looked_at(page, width, "the help of fields")

    page.goto(LIST)
    page.check("#action-toggle")
    page.select_option("select[name=action]", "edit_selected")
    page.click("button[name=index]")
    page.locator("[name=themes_how][value=add]").check()
    looked_at(page, width, "what to change")
    page.check("[name=themes][value=cyber]")
    page.click("button[value=preview]")
    page.locator(".bulk-changes").wait_for()
    looked_at(page, width, "what would change")
