"""From an invitation to a published record, by people who have an account and one who has none."""

import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from engagements import invitations
from engagements.models import Engagement, Invitation, InvitationMessage
from tests.browser.test_review import answer, be, press, state
from tests.engagements.test_admin_browser import assert_accessible
from tests.factories import UserFactory

if TYPE_CHECKING:
    from playwright.sync_api import Page

TITLE = "Elders and soldiers talk about the road"
NAME = re.compile("^Name")


@pytest.fixture
def staff(server):
    made = {role: UserFactory(**{role: True}, username=role) for role in ("editor", "reviewer")}
    return made | {"publisher": UserFactory(editor=True, username="publisher")}


def fill_in(page: "Page") -> None:
    page.get_by_label("What is it called, or what was it?").fill(TITLE)
    page.get_by_label("What kind of meeting or work was it?").select_option("local_mediation")
    page.get_by_label("What happened?").fill("They met at the well and agreed who opens the road.")
    page.get_by_label("When was it?").fill("in the dry season of 2019")
    page.get_by_label("First day, if you know it").fill("2019-02")
    page.get_by_label("In which country?").select_option("KEN")
    page.get_by_label("In which town or area?").fill("Wajir")
    row = page.get_by_role("group", name="Row 1")
    row.get_by_label(NAME).fill("Elders of Wajir")
    row.get_by_label("What they are").select_option("traditional_authority")
    row = page.get_by_role("group", name="Row 2")
    row.get_by_label(NAME).fill("Halima Withheld")
    row.get_by_label("What they are").select_option("person")


def test_the_invitation_from_link_to_published_record(page: "Page", browser, server, staff):
    be(page, staff["editor"])
    page.goto("/admin/engagements/invitation/add/")
    page.get_by_label("Organisation:").fill("Open Hands of Wajir")
    page.get_by_label("What it is about:").fill("Who opens the road to the well?")
    page.get_by_role("button", name="Save", exact=True).click()
    address = page.get_by_label("Address").input_value()
    assert address in page.get_by_label("Letter to send").input_value()
    page.get_by_role("button", name="Copy the address").click()
    page.get_by_text("Copied.").wait_for()
    page.get_by_role("link", name="Done, to the invitation").click()
    assert address.split("/")[-2] not in page.content()

    # The sender has no script, no account and no cookie.
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    sender = context.new_page()
    sender.goto(address)
    sender.get_by_text("Who opens the road to the well?").wait_for()
    fill_in(sender)
    sender.get_by_role("button", name="More rows").click()
    row = sender.get_by_role("group", name="Row 6")
    row.get_by_label(NAME).fill("Garrison of Wajir")
    row.get_by_label("What they are").select_option("armed_force")
    sender.get_by_role("button", name="Français").click()
    assert sender.url == address.replace(server, f"{server}/fr")
    assert sender.locator("html").get_attribute("lang") == "fr"
    assert sender.input_value("[name=title]") == TITLE
    sender.get_by_role("button", name="English").click()
    sender.get_by_role("button", name="Send", exact=True).last.click()
    sender.get_by_text("It was not sent yet.").wait_for()
    assert sender.get_by_role("group", name="Row 6").get_by_label(NAME).input_value()
    sender.get_by_label("In public, or those who took part").check()
    sender.get_by_label("Yes", exact=True).check()
    for box in ("own_words", "nothing_secret", "people_know"):
        sender.check(f"[name={box}]")
    sender.get_by_role("button", name="Send", exact=True).last.click()
    sender.get_by_role("heading", name="It was received").wait_for()
    assert sender.url == address
    sender.get_by_label("Write to the editors").fill("The second of them must not be named.")
    sender.get_by_role("button", name="Send the message").click()

    page.goto("/admin/")
    page.get_by_text("messages of people who were invited, to answer").click()
    page.get_by_role("link", name="Open Hands of Wajir").click()
    page.get_by_text("The second of them must not be named.").wait_for()
    page.get_by_label("Answer, or ask:").fill("Her name stays withheld.")
    page.get_by_role("button", name="Save and continue editing").click()
    draft = Engagement.objects.get()
    page.get_by_role("link", name=draft.reference).click()
    page.get_by_text("Came by invitation: Open Hands of Wajir, invited by editor.").wait_for()
    page.select_option("#id_track", "3")
    page.click("[name=_continue]")
    page.get_by_text("was changed successfully").wait_for()
    page.select_option("#id_marking", "open")  # Track III begins under the Chatham House Rule
    page.check("#id_not_stated input[value=participants]")
    page.check("#id_nothing_classified")
    page.click("[name=_submit]")
    page.wait_for_url("**/submit/")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/change/")
    sender.goto(address)
    sender.get_by_role("heading", name="It is in review").wait_for()
    sender.get_by_text("Her name stays withheld.").wait_for()

    record = f"/admin/engagements/engagement/{draft.pk}"
    be(page, staff["reviewer"])
    page.goto(f"{record}/review/")
    assert "Halima Withheld: withheld" in page.inner_text("#content")
    answer(page, harm="no")
    page.fill("[name=reason]", "Read in full.")
    press(page, "clear")
    assert state(draft.reference) == "cleared"

    be(page, staff["editor"])
    page.goto(f"{record}/change/")
    assert page.locator(".panel-steps a[href*=publish]").count() == 0
    be(page, staff["publisher"])
    page.goto(f"{record}/publish/")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/change/")

    sender.goto(address)
    sender.get_by_role("heading", name="It is published").wait_for()
    sender.get_by_role("link", name="Read the record").click()
    sender.get_by_role("heading", name=TITLE).wait_for()
    assert "Halima" not in sender.content()
    sender.goto(f"{server}/engagements/?touches=3&place=KEN&after=2019&before=2019")
    assert sender.get_by_role("link", name=TITLE).count() == 1
    assert context.cookies() == []
    context.close()


def test_the_pages_of_the_invited_are_accessible(page: "Page", staff):
    """In both languages and schemes, on a phone and a desk: the form, its errors, what follows."""
    tokens = {}
    for name in ("form", "state", "closed"):
        made = Invitation(organisation="O" * 60, hint="A long hint. " * 20)
        tokens[name] = invitations.invite(made, staff["editor"])
        if name == "state":
            made.sent_at = timezone.now()
            made.engagement = Engagement.objects.create(
                title=TITLE, activity_id="other", created_by=staff["editor"]
            )
            made.save()
            InvitationMessage.objects.create(invitation=made, text="Longword" * 30)
            InvitationMessage.objects.create(
                invitation=made, text="Thank you.", written_by=staff["editor"]
            )
        if name == "closed":
            invitations.revoke(made, staff["editor"])
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, prefix in ((360, ""), (1280, "/fr"), (320, "/fr"), (1280, "")):
            page.set_viewport_size({"width": width, "height": 900})
            for name, token in tokens.items():
                page.goto(f"{prefix}/invited/{token}/")
                check(page, width)
                if name == "form":
                    page.locator("[name=send]").last.click()
                    page.locator(".note--warn[role=alert]").wait_for()
                    check(page, width)


def check(page: "Page", width: int) -> None:
    page.wait_for_load_state()  # before its styles are there, a page is as wide as it likes
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert_accessible(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_of_who_invites_are_accessible(page: "Page", staff, width):
    made = Invitation(organisation="O" * 40 + " " + "P" * 40)
    invitations.invite(made, staff["editor"])
    InvitationMessage.objects.create(invitation=made, text="Hello.")
    be(page, staff["editor"])
    page.set_viewport_size({"width": width, "height": 900})
    own = f"/admin/engagements/invitation/{made.pk}"
    for address in ("/admin/engagements/invitation/", f"{own}/change/", f"{own}/revoke/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        check(page, width)
    page.goto(f"{own}/renew/")
    check(page, width)
    page.get_by_role("button", name="Make a new address").click()
    page.get_by_label("Address").wait_for()
    check(page, width)
