"""Nothing typed is lost, in a real browser: sessions end, connections drop, windows close."""

from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session

from engagements.models import Engagement, Unsaved
from tests.browser.test_review import be
from tests.engagements.test_admin_browser import assert_accessible
from tests.factories import EngagementFactory, UserFactory

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ADD = "/admin/engagements/engagement/add/"
PASSWORD = "correct horse battery"
IN_THE_BROWSER = "Object.keys(localStorage).filter((key) => key.startsWith('unsaved:')).length"


@pytest.fixture
def contributor(server):
    return UserFactory(contributor=True, username="contributor", password=PASSWORD)


def log_in(page: "Page") -> None:
    page.fill("[name=login]", "contributor")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit][value='Log in']")


def fill_in(page: "Page", title: str = "Veterans meet") -> None:
    page.fill("#id_title", title)
    page.select_option("#id_activity", "veterans_dialogue")
    page.click("#participations-group .add-row a")
    page.select_option("#id_participations-2-actor_type", "community")


def until(page: "Page", expression: str) -> None:
    """Ask the page until it says yes: the waiting of Playwright needs what its policy forbids."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def is_filled_in(page: "Page", title: str = "Veterans meet") -> None:
    page.wait_for_url("**?unsaved=*")
    page.wait_for_load_state("networkidle")
    assert page.input_value("#id_title") == title
    assert page.input_value("#id_activity") == "veterans_dialogue"
    assert page.input_value("#id_participations-2-actor_type") == "community"


def is_said(page: "Page", text: str) -> None:
    page.locator(".unsaved-status", has_text=text).wait_for()


def test_a_form_that_is_sent_after_the_session_ended_comes_back_as_typed(page, contributor):
    be(page, contributor)
    page.goto(ADD)
    fill_in(page)
    Session.objects.all().delete()
    page.click("[name=_continue]")
    page.wait_for_url("**/login/**")
    assert not Engagement.objects.exists()
    log_in(page)
    is_filled_in(page)
    page.click("[name=_continue]")
    page.wait_for_url("**/change/")
    assert Engagement.objects.get().participations.count() == 1
    until(page, f"{IN_THE_BROWSER} === 0")
    assert page.locator(".unsaved-offer").count() == 0


def test_an_end_of_the_session_is_told_and_the_same_page_goes_on(page, contributor):
    be(page, contributor)
    page.goto(ADD)
    fill_in(page)
    is_said(page, "Saved as you typed")
    Session.objects.all().delete()
    page.fill("#id_title", "Veterans meet again")
    notice = page.locator("#unsaved-notice")
    notice.filter(has_text="Nothing is lost").wait_for()
    page.click("[name=_continue]")  # nothing is sent into the void
    assert page.input_value("#id_title") == "Veterans meet again"
    with page.expect_popup() as opened:
        notice.get_by_role("link").click()
    log_in(opened.value)
    is_filled_in(opened.value, "Veterans meet again")
    opened.value.close()
    page.click("[name=_continue]")
    page.wait_for_url("**/change/")
    assert Engagement.objects.get().title == "Veterans meet again"


def test_a_window_that_was_closed_opens_with_an_offer(page, contributor):
    be(page, contributor)
    page.goto(ADD)
    fill_in(page)
    is_said(page, "Saved as you typed")
    assert page.evaluate(IN_THE_BROWSER) == 0
    page.fill("#id_title", "Veterans meet again")
    until(page, f"{IN_THE_BROWSER} === 1")
    context = page.context
    page.close()

    again = context.new_page()
    again.goto(ADD)
    offer = again.locator(".unsaved-offer", has_text="Veterans meet again")
    offer.get_by_role("link", name="Take it up").click()
    is_filled_in(again, "Veterans meet again")
    assert again.locator(".errornote, .errorlist").count() == 0
    again.goto(ADD)
    again.get_by_role("button", name="Throw it away").click()
    again.locator(".unsaved-offer").wait_for(state="detached")
    again.reload()
    again.wait_for_load_state("networkidle")
    assert again.locator(".unsaved-offer").count() == 0
    assert Unsaved.objects.filter(settled_at=None).count() == 0


def test_without_a_connection_it_is_kept_in_the_browser_until_there_is_one(page, contributor):
    be(page, contributor)
    page.goto(ADD)
    page.wait_for_load_state("networkidle")
    page.route("**/unsaved/**", lambda route: route.abort())
    fill_in(page)
    is_said(page, "Kept in this browser only")
    page.click("[name=_save]")
    page.locator("#unsaved-notice", has_text="There is no connection").wait_for()
    assert not Unsaved.objects.exists()
    page.unroute("**/unsaved/**")
    page.click("[name=_save]")
    page.wait_for_url("**/engagements/engagement/")
    assert Engagement.objects.get().title == "Veterans meet"
    until(page, f"{IN_THE_BROWSER} === 0")


def test_who_signs_out_leaves_nothing_in_the_browser(page, contributor):
    be(page, contributor)
    page.goto(ADD)
    page.wait_for_load_state("networkidle")
    page.route("**/unsaved/**", lambda route: route.abort())
    fill_in(page)
    until(page, f"{IN_THE_BROWSER} === 1")
    page.click("#logout-form button")
    page.wait_for_url("**/login/**")
    assert page.evaluate(IN_THE_BROWSER) == 0


def test_the_checklist_follows_what_is_typed_and_its_links_move_the_focus(page, contributor):
    be(page, contributor)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(ADD)
    count = page.locator("#checklist-count")
    before = count.inner_text()
    page.locator("#checklist").get_by_role("link", name="How we know").click()
    assert page.evaluate("document.activeElement.id") == "id_sources-0-kind"
    page.keyboard.press("n")
    page.fill("#id_sources-0-title", "They met")
    page.locator("#checklist li.done", has_text="How we know").wait_for()
    assert count.inner_text() != before
    page.locator("#checklist").get_by_role("link", name="What each source supports").click()
    assert page.evaluate("document.activeElement.name") == "sources-0-supports"


def test_two_editors_meet_and_neither_is_overwritten(page: "Page", browser: "Browser", server):
    record = EngagementFactory(title="As it was")
    address = f"/admin/engagements/engagement/{record.pk}/change/"
    be(page, UserFactory(editor=True, first_name="Ann"))
    page.goto(address)
    page.wait_for_load_state("networkidle")

    context = browser.new_context(base_url=server)
    other = context.new_page()
    be(other, UserFactory(editor=True, first_name="Ben"))
    other.goto(address)
    other.locator("#told-others", has_text="Ann has had this record open since").wait_for()
    other.fill("#id_title", "As Ben says")
    other.fill("#id_summary", "Ben saw it.")
    other.click("[name=_continue]")
    other.locator(".messagelist").wait_for()
    context.close()

    page.fill("#id_title", "As Ann says")
    page.fill("#id_edition", "7")
    page.locator("#told-others", has_text="Ben saved this record at").wait_for()
    page.click("[name=_continue]")
    clash = page.locator(".clash")
    clash.wait_for()
    assert "As Ben says" in clash.inner_text()
    assert page.input_value("#id_title") == "As Ann says"
    assert page.input_value("#id_summary") == "Ben saw it."
    for width in (360, 1280):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert_accessible(page)
    clash.get_by_label("Theirs").check()
    page.click("[name=_continue]")
    page.locator(".messagelist").wait_for()
    record.refresh_from_db()
    assert (record.title, record.summary, record.edition) == ("As Ben says", "Ben saw it.", "7")


def test_the_form_with_all_that_stands_beside_it_is_accessible(page: "Page", contributor):
    record = EngagementFactory(created_by=contributor, not_stated=[], source=False)
    address = f"/admin/engagements/engagement/{record.pk}/change/"
    be(page, contributor)
    page.goto(address)
    page.fill("#id_title", "A long title " * 12)
    is_said(page, "Saved as you typed")
    for width in (360, 1280):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.goto(address)
            page.wait_for_load_state("networkidle")
            page.locator(".unsaved-offer").wait_for()
            page.locator("#checklist").evaluate("(list) => (list.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert_accessible(page)
    Session.objects.all().delete()
    page.fill("#id_title", "Another")
    page.locator("#unsaved-notice a").wait_for()
    assert_accessible(page)
