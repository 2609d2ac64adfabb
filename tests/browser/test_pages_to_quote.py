"""The pages that people read and quote, in a real browser: both schemes, desktop and phone."""

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.factories import (
    EngagementFactory,
    OutcomeFactory,
    ParticipationFactory,
    PlaceFactory,
    SeriesFactory,
    SourceFactory,
    StakeholderFactory,
    clear,
    publish,
)

LONG = "Учение и مناورات: " + "a very long name of an exercise with words " * 6


@pytest.fixture
def told(server):
    """A case study with all there is to say: sides, many bodies, right-to-left names, a series."""
    series = SeriesFactory(code="open-door", name="Open Door")
    first = EngagementFactory(title="Open Door 1998", series=series, start="1998", published=True)
    army = StakeholderFactory(name="Kenya Army", country_id="KEN")
    study = EngagementFactory(
        title=LONG[:290],
        series=series,
        start="2001-05",
        end="2001-06",
        narrative="They met twice. [1]\n\nThey signed. [2] وقعوا على الاتفاق [1][2]",
        case_study=True,
        touches=["1", "3"],
        parties=[army, StakeholderFactory(name="القوات المسلحة الملكية", country_id="MAR")],
    )
    for number in range(40):
        body = StakeholderFactory(name=f"Contributor number {number}", type_id="ngo")
        ParticipationFactory(engagement=study, stakeholder=body, role_id="contributor")
    for side in ("a", "b"):
        body = StakeholderFactory(name=f"Elders of side {side}", type_id="traditional_authority")
        ParticipationFactory(engagement=study, stakeholder=body, role_id="party", side=side)
    PlaceFactory(engagement=study, name="Wajir", country_id="KEN")
    SourceFactory(engagement=study, title="A second source", supports=["narrative", "date_start"])
    OutcomeFactory(engagement=study)
    clear(study)
    publish(study)
    return study, army, first


def addresses(told) -> list[str]:
    study, army, _first = told
    return [
        f"/engagements/{study.reference}/",
        f"/stakeholders/{army.reference}/",
        "/stakeholders/?country=KEN",
        "/case-studies/",
        "/series/",
        "/series/open-door/",
        "/regions/",
        "/regions/202/",
        "/regions/061/",
        "/countries/",
        "/countries/KEN/",
        "/codebook/",
        "/about/",
        "/about/ethics/",
    ]


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, told, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    for address in addresses(told):
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, (address, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_every_page_fits_the_narrowest_phone(page, told):
    page.set_viewport_size({"width": 320, "height": 800})
    for address in addresses(told):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def test_a_reader_walks_from_a_case_study_to_its_source_its_series_and_its_citation(
    browser, server, told
):
    """With scripts off, since nothing here needs one."""
    study, _army, first = told
    context = browser.new_context(base_url=server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/case-studies/")
    page.get_by_role("link", name=LONG[:40]).click()
    page.get_by_role("link", name="source 2").first.click()
    assert page.url.endswith("#source-2")
    assert page.locator("#source-2").get_by_text("A second source").is_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="BibTeX").click()
    entry = Path(download.value.path()).read_text(encoding="utf-8")
    assert download.value.suggested_filename == f"milidip-{study.reference}-v1.bib"
    assert entry.count("{") == entry.count("}")

    with page.expect_download() as download:
        page.get_by_role("link", name="Engagements, CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert study.reference in lines[1]

    page.get_by_role("link", name="Open Door 1998").click()
    page.wait_for_url(f"**/{first.reference}/")
    page.get_by_role("link", name="Open Door", exact=True).first.click()
    page.wait_for_url("**/series/open-door/")
    page.get_by_role("link", name="2 engagements in the register").click()
    page.wait_for_url("**/engagements/?series=open-door")
    context.close()


def test_the_data_block_is_no_script_to_the_browser(page, told):
    study, _army, _first = told
    page.goto(f"/engagements/{study.reference}/")
    block = page.locator("script[type='application/ld+json']").text_content()
    assert json.loads(block)["identifier"] == study.reference
    # The fixture fails the test when the content security policy had anything to refuse.


def test_a_printed_record_has_its_address_and_version_and_no_menus(page, told):
    study, _army, _first = told
    page.goto(f"/engagements/{study.reference}/")
    page.emulate_media(media="print")
    shown = page.locator("body").inner_text()
    assert f"/engagements/{study.reference}/v1/" in re.sub(r"\s", "", shown)
    assert "version 1" in shown
    assert "Who took part" in shown
    assert not page.get_by_role("navigation", name="Main").is_visible()
    assert not page.get_by_role("link", name="Participations, CSV").is_visible()
