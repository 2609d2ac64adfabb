"""A reader corrects and reports a risk, the names go, and an editor decides; in a real browser."""

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.test import Client

from engagements.models import ReaderReport
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAME = "Aurelix Quillvorn"


def sign_in(page: "Page", **who: bool) -> None:
    client = Client()
    client.force_login(UserFactory(**who))
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "domain": "localhost",
        "path": settings.SESSION_COOKIE_PATH,
    }
    page.context.add_cookies([cookie])


def test_a_reader_is_heard_and_an_editor_decides(page: "Page", browser, server: str) -> None:
    person = StakeholderFactory(person=True, name=NAME)
    record = EngagementFactory(title="Visit to the staff college")
    ParticipationFactory(engagement=record, stakeholder=person, with_consent=True)
    clear(record)
    publish(record)
    address = f"/engagements/{record.reference}/"

    # The reader has no script, no account and no cookie.
    reader = browser.new_context(base_url=server, java_script_enabled=False, locale="en-GB")
    reading = reader.new_page()
    reading.goto(address)
    assert reading.get_by_text(NAME).count()
    reading.get_by_role("link", name="Version and history").click()
    reading.get_by_text("First published.").wait_for()
    reading.goto(address)
    reading.get_by_role("link", name="Suggest a correction").click()
    reading.get_by_label("What is wrong, and how do you know?").fill("It ended on 19 May.")
    reading.get_by_role("button", name="Send").click()
    reading.wait_for_url("**/correct/?received=1")
    reading.get_by_text("Thank you. It was received.").wait_for()

    reading.goto(address)
    reading.get_by_role("link", name="This puts someone at risk").click()
    reading.get_by_label("What is dangerous, and for whom?").fill("He was threatened.")
    reading.get_by_label(re.compile("How can we answer you")).fill("cousin@example.org")
    reading.get_by_role("button", name="Send").click()
    reading.wait_for_url("**/risk/?received=1")
    for version in ("", "v1/", "history/"):
        reading.goto(address + version)
        assert not reading.get_by_text(NAME).count()
    reading.goto(address)
    reading.get_by_role("heading", name="Visit to the staff college").wait_for()
    assert reader.cookies() == []

    sign_in(page, editor=True)
    page.goto("/admin/")
    page.get_by_text("corrections suggested by readers").wait_for()
    page.get_by_text("risks reported by readers, 23 hours left for the first").click()
    page.get_by_role("link", name=re.compile(record.reference)).click()
    page.get_by_text("He was threatened.").wait_for()
    page.get_by_text("Hidden now.").wait_for()
    page.get_by_label("Show its names again").check()
    page.get_by_label("State:").select_option("nothing")
    page.get_by_label("What was done:").fill("He agreed to it in writing, and was asked again.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Its names are shown again.").wait_for()
    assert ReaderReport.objects.open().count() == 1  # the correction

    reading.goto(address)
    assert reading.get_by_text(NAME).count()
    # The same claim once more is heard, and hides nothing: somebody has looked at this version.
    reading.get_by_role("link", name="This puts someone at risk").click()
    reading.get_by_label("What is dangerous, and for whom?").fill("He was threatened.")
    reading.get_by_role("button", name="Send").click()
    reading.goto(address)
    assert reading.get_by_text(NAME).count()
    page.goto("/admin/")
    page.get_by_text("risks reported by readers").wait_for()
    reader.close()


def test_the_pages_of_readers_are_accessible(page: "Page") -> None:
    from axe_playwright_python.sync_playwright import Axe

    record = EngagementFactory(published=True)
    record.title = "Exercise Renamed"
    record.save()
    clear(record)
    publish(record, change_note="Its name.")
    for path in ("history/", "correct/", "risk/", "risk/?received=1"):
        page.goto(f"/engagements/{record.reference}/{path}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.goto("/changes/")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
