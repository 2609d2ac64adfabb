"""The life of a record on the review desk, in a real browser and by five people."""

from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client

from engagements import drift
from engagements.models import Engagement
from milidip.catalogue import models as public
from tests.engagements.test_admin_browser import assert_accessible
from tests.factories import EngagementFactory, StakeholderFactory, UserFactory, submit

if TYPE_CHECKING:
    from playwright.sync_api import Page

DESK = "/admin/engagements/engagement/desk/"
SAFE = ("operationally_safe", "nothing_classified", "right_to_publish")


@pytest.fixture
def staff(server):
    return {
        role: UserFactory(**{role: True}, username=role)
        for role in ("contributor", "reviewer", "editor")
    }


def be(page: "Page", user) -> None:
    """Be signed in as somebody: the pages of the sign-in have tests of their own."""
    client = Client()
    client.force_login(user)
    # Away from a page that still asks for something: the answer would bring the session of
    # whoever was here back.
    page.goto("/healthz")
    page.context.clear_cookies()
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "domain": "localhost",
                "path": settings.SESSION_COOKIE_PATH,
            }
        ]
    )
    page.goto("/admin/")


def answer(page: "Page", *, harm: str) -> None:
    page.check("[name=identifiable][value=no]")
    page.check(f"[name=harm_risk][value={harm}]")
    for box in SAFE:
        page.check(f"[name={box}]")


def press(page: "Page", action: str) -> None:
    page.click(f"[name=action][value={action}]")
    page.wait_for_load_state()


def state(reference: str) -> str:
    return Engagement.objects.values_list("state", flat=True).get(reference=reference)


def public_summary(page: "Page", reference: str) -> str:
    response = page.goto(f"/engagements/{reference}/")
    return page.inner_text("main") if response.status == 200 else ""


def test_a_record_is_returned_corrected_cleared_changed_reaffirmed_and_withdrawn(page, staff):
    record = EngagementFactory(
        title="Patrols along the river",
        created_by=staff["contributor"],
        summary="Two armies patrolled together.",
        parties=[StakeholderFactory(name="River Brigade")],
    )
    reference = record.reference
    address = f"/admin/engagements/engagement/{record.pk}"

    be(page, staff["contributor"])
    page.goto(f"{address}/submit/")
    page.click(".submit-row [type=submit]")

    be(page, staff["reviewer"])
    page.get_by_role("link", name="waiting for review").click()
    assert page.url.endswith(f"{DESK}?queue=waiting")
    page.get_by_role("link", name=reference).click()
    assert "Two armies patrolled together." in page.inner_text(".preview")
    page.fill("[name=reason]", "Which army patrolled where?")
    press(page, "return")
    assert state(reference) == "returned"

    be(page, staff["contributor"])
    assert "Which army patrolled where?" in page.inner_text(".returned")
    page.locator(".returned a").click()
    assert "Which army patrolled where?" in page.inner_text(".panel-reason")
    page.fill("#id_summary", "The River Brigade patrolled the east bank.")
    page.click("[name=_submit]")
    page.wait_for_url("**/submit/")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/change/")

    be(page, staff["reviewer"])
    page.goto(f"{DESK}?queue=yours")
    page.get_by_role("link", name=reference).click()
    answer(page, harm="unknown")
    page.fill("[name=reason]", "Read in full; the bank is not told apart on the map.")
    press(page, "clear")
    assert "under which conditions" in page.inner_text(".question.errors")
    assert page.input_value("[name=reason]").startswith("Read in full")
    page.fill("[name=conditions-0-text]", "Ask the brigade again.")
    page.select_option("[name=conditions-0-owner]", label="contributor")
    page.fill("[name=conditions-0-due]", "2999-01-01")
    press(page, "clear")
    assert state(reference) == "cleared"

    be(page, staff["editor"])
    page.goto(f"{address}/publish/")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/change/")
    shown = public_summary(page, reference)
    assert "east bank" in shown
    assert "Ask the brigade again." in shown

    page.goto(f"{address}/change/")
    page.fill("#id_summary", "The River Brigade patrolled the west bank.")
    page.fill("#id_change_reason", "It was the other bank.")
    page.click("[name=_continue]")
    page.wait_for_load_state()
    assert "east bank" in public_summary(page, reference)
    page.goto("/admin/")
    assert "1 published with unpublished changes" in page.inner_text(".tasks")

    be(page, staff["reviewer"])
    page.goto(f"{DESK}?queue=lapsed")
    page.get_by_role("link", name=reference).click()
    assert page.inner_text(".differences del") == "east"
    assert page.inner_text(".differences ins") == "west"
    press(page, "reaffirm")
    assert state(reference) == "cleared"

    be(page, staff["editor"])
    page.goto(f"{address}/publish/")
    page.fill("[name=change_note]", "The bank is put right.")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/change/")
    assert "west bank" in public_summary(page, reference)

    be(page, staff["contributor"])
    page.get_by_role("link", name="Ask the brigade again.").click()
    page.fill("[name=note]", "Asked on Monday; they agree.")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/change/")
    assert public.Entry.objects.get().conditions_open == 0

    be(page, staff["editor"])
    page.goto(f"{address}/withdraw/")
    page.fill("[name=reason]", "A party asked.")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/change/")
    assert public_summary(page, reference) == ""
    assert state(reference) == "withdrawn"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_desk_and_the_review_screen_are_accessible_on_a_phone_and_a_desk(page, staff, width):
    person = StakeholderFactory(person=True, default_disclosure="named")
    waiting = EngagementFactory(
        title="A" * 60 + " very long title " * 8, gives_support=True, parties=[person]
    )
    waiting.participations.update(consent_basis="public_role")
    submit(waiting)
    changed = EngagementFactory(published=True)
    Engagement.objects.filter(pk=changed.pk).update(summary="Something else.")
    drift.refresh()
    be(page, staff["reviewer"])
    page.set_viewport_size({"width": width, "height": 900})
    for address in (
        DESK,
        f"{DESK}?queue=lapsed",
        f"{DESK}?queue=conditions",
        f"/admin/engagements/engagement/{waiting.pk}/review/",
        f"/admin/engagements/engagement/{changed.pk}/review/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert_accessible(page)


def test_a_record_that_changed_while_it_was_read_is_read_again(page, staff):
    record = EngagementFactory(submitted=True)
    be(page, staff["reviewer"])
    page.goto(f"/admin/engagements/engagement/{record.pk}/review/")
    answer(page, harm="no")
    page.fill("[name=reason]", "Read in full.")
    Engagement.objects.filter(pk=record.pk).update(summary="Somebody was quicker.")
    press(page, "clear")

    assert "was changed while you read it" in page.inner_text(".panel-problems >> nth=0")
    assert "Somebody was quicker." in page.inner_text(".preview")
    assert page.input_value("[name=reason]") == "Read in full."
    assert state(record.reference) == "submitted"
    press(page, "clear")
    assert state(record.reference) == "cleared"
