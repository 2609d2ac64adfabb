"""Signing in with a password, an authenticator and a recovery code, in a real browser."""

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.factories import UserFactory
from tests.milidip.test_sign_in import code

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PASSWORD = "a quiet morning by the lake"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def needed(settings: Any) -> None:
    """As in production: who reviews, publishes or administers needs a second factor."""
    settings.STAFF_SECOND_FACTOR = True


def give_password(page: "Page", username: str, password: str = PASSWORD) -> None:
    page.goto("/admin/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def give_code(page: "Page", shown: str) -> None:
    page.get_by_label("Code", exact=False).fill(shown)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_out(page: "Page") -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()


def assert_good(page: "Page") -> None:
    """Readable by everybody, in light and dark, and nothing sticks out of a phone."""
    wide = page.viewport_size
    assert wide is not None
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in (PHONE, wide):
            page.set_viewport_size(size)
            # Links fade from one colour scheme to the other.
            page.evaluate("Promise.all(document.getAnimations().map(each => each.finished))")
            found = Axe().run(page)
            assert found.violations_count == 0, (page.url, scheme, found.generate_report())
            over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert over <= 0, (page.url, size, over)


def test_a_wrong_password_is_said_and_after_five_one_has_to_wait(
    page: "Page", server: str
) -> None:
    UserFactory(contributor=True, username="desk", password=PASSWORD)

    give_password(page, "desk", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    assert page.title().startswith("Error:")
    assert_good(page)
    for _ in range(4):
        give_password(page, "desk", "wrong again")
    give_password(page, "desk")
    expect(page.get_by_role("alert")).to_contain_text("Wait five minutes")
    assert_good(page)


def test_the_page_for_those_who_go_on_and_on(page: "Page", server: str, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    for _ in range(2):
        give_password(page, "nobody", "wrong")
    expect(page.get_by_role("heading", name="Too many attempts")).to_be_visible()
    assert_good(page)


def test_a_second_factor_from_setting_up_to_logging_out_everywhere(
    page: "Page", browser_context: "BrowserContext", needed: None, server: str
) -> None:
    UserFactory(reviewer=True, username="reviewer", password=PASSWORD)

    # Nothing opens before it is set up.
    give_password(page, "reviewer")
    page.goto("/admin/engagements/engagement/")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    picture = page.locator("img.qr")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('img.qr').naturalWidth > 100")
    assert_good(page)
    secret = page.locator("#secret").inner_text().replace(" ", "")
    page.get_by_label("The code that it shows").fill("000000")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    assert page.locator("#secret").inner_text().replace(" ", "") == secret
    assert_good(page)
    page.get_by_label("The code that it shows").fill(code(secret, step=-1))
    page.get_by_role("button", name="Set up").click()

    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert_good(page)
    recovery = page.locator(".codes li").all_inner_texts()
    assert len(recovery) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    page.get_by_role("link", name="Done").click()
    page.wait_for_url("**/admin/")
    log_out(page)

    # With a code, which works once.
    give_password(page, "reviewer")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    assert_good(page)
    shown = code(secret)
    give_code(page, shown)
    page.wait_for_url("**/admin/")
    log_out(page)
    give_password(page, "reviewer")
    give_code(page, shown)
    expect(page.get_by_text("This code is not right, or it was used before.")).to_be_visible()

    # With a recovery code, which works once.
    give_code(page, recovery[0])
    page.wait_for_url("**/admin/")
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_text("9 are left")).to_be_visible()
    assert_good(page)
    for link, heading in (
        ("Change to another device", "Remove the second factor"),
        ("Make new ones", "Make new recovery codes"),
        ("Change password", "Change password"),
        ("Look, and log out everywhere", "Where you are logged in"),
    ):
        page.goto("/admin/account/")
        page.locator("main").get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert_good(page)

    # Another device, and the end of both.
    other_context = browser_context.browser.new_context(base_url=server)  # type: ignore[union-attr]
    other = other_context.new_page()
    give_password(other, "reviewer")
    give_code(other, recovery[1])
    other.wait_for_url("**/admin/")
    page.goto("/admin/account/sessions/")
    assert page.locator("main tbody tr").count() == 2
    page.get_by_role("button", name="Log out everywhere, here too").click()
    page.wait_for_url("**/admin/account/login/")
    for tab in (page, other):
        tab.goto("/admin/")
        expect(tab.get_by_role("heading", name="Log in")).to_be_visible()
    other_context.close()


def test_the_way_in_works_without_javascript(browser: Any, server: str) -> None:
    UserFactory(contributor=True, username="desk", password=PASSWORD)
    context = browser.new_context(base_url=server, java_script_enabled=False)
    page = context.new_page()
    give_password(page, "desk")
    page.goto("/admin/account/second-factor/")
    secret = page.locator("#secret").inner_text().replace(" ", "")
    page.get_by_label("The code that it shows").fill(code(secret))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    log_out(page)
    context.close()


def test_no_cookie_of_the_working_side_goes_to_the_public_side(
    page: "Page", browser_context: "BrowserContext", server: str
) -> None:
    UserFactory(contributor=True, username="desk", password=PASSWORD)
    give_password(page, "desk")
    page.wait_for_url("**/admin/")
    sent = []
    page.on("request", lambda request: sent.append(request.all_headers().get("cookie")))
    page.goto("/engagements/")

    assert sent
    assert not any(sent)
    assert {cookie["path"] for cookie in browser_context.cookies()} == {"/admin/"}
