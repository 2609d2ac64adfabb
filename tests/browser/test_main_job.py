"""The whole main job in a real browser: log, submit, clear, publish, find, take away."""

import csv
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.factories import EngagementFactory, StakeholderFactory, UserFactory

PASSWORD = "a quiet morning by the lake"
TITLE = "Wajir border peace walk"


def log_in(page, username: str) -> None:
    page.context.clear_cookies()
    page.goto("/admin/")
    page.fill("[name=username], [name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.locator("[type=submit]").first.click()
    page.wait_for_url("**/admin/")


def choose(page, field: str, text: str) -> None:
    """Type into an autocomplete box and take the first answer."""
    page.locator(f"#id_{field} + .select2 .select2-selection").click()
    page.locator(".select2-search__field").last.fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def found_by_the_public(page, reference: str) -> bool:
    page.goto("/engagements/?touches=3&region=202&activity=community_engagement")
    return page.get_by_role("link", name=TITLE).count() == 1


@pytest.fixture
def staff(server):
    for role in ("contributor", "reviewer", "editor"):
        UserFactory(**{role: True}, username=role, password=PASSWORD)


def test_an_engagement_goes_from_an_empty_form_to_the_downloaded_table(page, staff, tmp_path):
    army = StakeholderFactory(name="Kenya Defence Forces", country_id="KEN")
    witness = StakeholderFactory(person=True, name="Halima Withheld")

    log_in(page, "contributor")
    page.goto("/admin/engagements/engagement/add/")
    page.fill("#id_title", TITLE)
    page.select_option("#id_activity", "community_engagement")
    page.fill("#id_start", "2019-05")
    page.fill("#id_summary", "Soldiers and herders walked together along the border road.")
    page.fill("#id_places-0-name", "Wajir")
    choose(page, "places-0-country", "Kenya")
    choose(page, "participations-0-stakeholder", army.name)
    page.select_option("#id_participations-0-role", "participant")
    choose(page, "participations-1-stakeholder", witness.name)
    page.select_option("#id_participations-1-role", "witness")
    page.select_option("#id_track", "1")
    page.get_by_label("Track III", exact=True).check()
    page.select_option("#id_sources-0-kind", "news")
    page.fill("#id_sources-0-title", "Walkers reach Wajir")
    page.fill("#id_sources-0-url", "https://news.example/wajir")
    page.click("#sources-0 details summary")
    page.check("#id_sources-0-supports input[value=title]")
    page.check("#id_nothing_classified")
    page.click("[name=_continue]")
    page.wait_for_url("**/change/")
    address = page.url.removesuffix("/change/")
    reference = page.locator("text=/MD-[0-9A-Z]{6}/").first.text_content()
    assert not found_by_the_public(page, reference)

    page.goto(f"{address}/submit/")
    page.locator("#container form [type=submit]:visible").last.click()
    assert not found_by_the_public(page, reference)

    log_in(page, "reviewer")
    page.goto(f"{address}/review/")
    assert "Halima Withheld: withheld" in page.inner_text("main, #content")
    page.check("[name=identifiable][value=no]")
    page.check("[name=harm_risk][value=no]")
    for box in ("operationally_safe", "nothing_classified", "right_to_publish"):
        page.check(f"[name={box}]")
    page.fill("[name=reason]", "Read in full.")
    page.click("[name=action][value=clear]")
    assert not found_by_the_public(page, reference)

    log_in(page, "editor")
    page.goto(f"{address}/publish/")
    page.locator("#container form [type=submit]:visible").last.click()
    assert found_by_the_public(page, reference)

    page.get_by_role("link", name=TITLE).click()
    assert "Kenya Defence Forces" in page.content()
    assert "Halima" not in page.content()

    page.goto("/engagements/?touches=3&region=202")
    with page.expect_download() as download:
        page.locator("#found summary", has_text="Download").click()
        page.locator("a[href*='engagements.csv']").first.click()
    table = tmp_path / "engagements.csv"
    download.value.save_as(table)
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["title"] for row in rows] == [TITLE]
    assert "Halima" not in Path(table).read_text()


PUBLIC_PAGES = [
    "/",
    "/engagements/",
    "/engagements/?touches=3&q=nothing+like+this",
    "/engagements/?contry=USA",
    "/engagements/?track=9",
    "/engagements/MD-000000/",
    "/stakeholders/",
    "/codebook/",
    "/about/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_public_pages(page, server, scheme):
    record = EngagementFactory(published=True, touches=["1", "3"], parties=[StakeholderFactory()])
    actor = record.participations.get().stakeholder
    page.emulate_media(color_scheme=scheme)
    more = [f"/engagements/{record.reference}/", f"/stakeholders/{actor.reference}/"]

    for address in PUBLIC_PAGES + more:
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, (address, found.generate_report())


def test_filters_update_the_results_in_place_and_the_address_follows(page, server):
    EngagementFactory(title="Exercise in the south", published=True)
    EngagementFactory(
        title="Dialogue of veterans", activity_id="veterans_dialogue", published=True
    )

    page.goto("/engagements/")
    page.evaluate("window.stillHere = true")
    page.locator("[name=family][value=civil_military_community]").check()
    page.wait_for_url("**family=civil_military_community*")
    page.get_by_role("link", name="Dialogue of veterans").wait_for()

    assert page.get_by_role("link", name="Exercise in the south").count() == 0
    assert page.evaluate("window.stillHere") is True


def test_the_catalogue_works_without_javascript(browser, server):
    EngagementFactory(title="Exercise in the south", published=True)
    context = browser.new_context(base_url=server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/engagements/")
    page.fill("main [name=q]", "south")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=south*")

    assert page.get_by_role("link", name="Exercise in the south").count() == 1
    context.close()
