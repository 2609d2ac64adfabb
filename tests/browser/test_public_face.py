"""The public pages in a real browser: access for everyone, weight, and nothing from elsewhere."""

import csv
import gzip
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from tests.catalogue.factories import ActorFactory, EntryFactory

if TYPE_CHECKING:
    from playwright.sync_api import Response

HEAVIEST = 100_000
MOST_REQUESTS = 15
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
LONG = "Memorandum on the hours of the road between the garrison and the nine villages " * 4


@pytest.fixture
def register(server):
    """A small register with what makes pages hard: long titles, other scripts, many actors."""
    army = ActorFactory(name="Kenya Defence Forces")
    many = [ActorFactory(name=f"Committee of the village number {n}") for n in range(40)]
    EntryFactory(
        title="Wunlit covenant",
        track="3",
        touches=("3",),
        version=2,
        start="1999",
        end="",
        places=("SSD",),
        family="agreement",
        activity="local_agreement",
        source_dataset="PA-X v10",
    )
    EntryFactory(
        title=LONG.strip(),
        touches=("1", "3"),
        participants=[(army, "host"), *((actor, "party") for actor in many)],
        latitude="0.01",
        longitude="37.07",
    )
    EntryFactory(title="قوة حفظ السلام المشتركة", places=("SGP",), source_dataset="MME v7")
    EntryFactory(
        title="Talks by telephone", places=(), place_precision="virtual", start="", end=""
    )


PAGES = {
    "home": "/",
    "track three": "/track-iii/",
    "catalogue": "/engagements/?touches=3",
    "table": "/engagements/?view=table",
    "map": "/engagements/?view=map&track=1",
    "time line": "/engagements/?view=time",
    "months": "/engagements/?view=time&after=2019&before=2019",
    "nothing found": "/engagements/?q=wunlt&touches=3",
    "cite": "/engagements/cite/?touches=3",
    "report": "/reports/?rows=region&columns=family",
    "style guide": "/styleguide/",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(page, register, monkeypatch, scheme, size):
    monkeypatch.setattr(settings, "STYLEGUIDE", True)
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    for name, address in PAGES.items():
        page.goto(address)
        for fold in page.locator("#found details, .lanes details").all():
            fold.evaluate("fold => fold.open = true")
        found = Axe().run(page)
        assert found.violations_count == 0, (name, found.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (name, wide)


def test_pages_are_light_still_and_ask_nobody_else(page, register, server):
    """First load of each page: weight as transferred, requests, hosts, layout shift, console.

    Static files are compressed when they are collected, so here their weight is worked out.
    """
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    seen: list[Response] = []
    said: list[str] = []
    page.on("response", lambda response: seen.append(response))
    page.on("console", lambda message: said.append(message.text))
    shifts = """() => new Promise(done => {
        let sum = 0;
        new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.value))
            .observe({type: "layout-shift", buffered: true});
        setTimeout(() => done(sum), 150);
    })"""
    for name, address in PAGES.items():
        if name == "style guide":
            continue
        seen.clear()
        page.goto(address, wait_until="networkidle")
        assert page.evaluate(shifts) == 0, name
        assert len(seen) <= MOST_REQUESTS, (name, len(seen))
        weight = sum(len(gzip.compress(response.body())) for response in seen)
        assert weight <= HEAVIEST, (name, weight)
        assert {response.url.split("/")[2] for response in seen} == {server.split("/")[2]}, name
    assert said == []


def test_the_whole_way_goes_by_keyboard(page, register, tmp_path):
    """Skip link, filter, chip, table, map and download, without a mouse and without a trap."""
    page.goto("/engagements/")
    page.keyboard.press("Tab")
    assert "Skip to the content" in focused(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "found"

    page.goto("/engagements/")
    tab_to(page, "Track III 2")
    page.keyboard.press("Space")
    page.wait_for_url("**touches=3*")
    page.locator("#live", has_text="touch Track III").wait_for()
    assert page.evaluate("document.activeElement.id") == "f-touches-3", "focus stays on the box"
    assert outlined(page)

    page.evaluate("document.getElementById('found').focus()")
    tab_to(page, "Remove filter")
    assert outlined(page)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "touches" not in url)

    page.evaluate("document.getElementById('found').focus()")
    tab_to(page, "Table")
    page.keyboard.press("Enter")
    page.wait_for_url("**view=table")
    page.evaluate("document.getElementById('found').focus()")
    tab_to(page, "Map")
    page.keyboard.press("Enter")
    page.wait_for_url("**view=map")
    page.evaluate("document.getElementById('found').focus()")
    tab_to(page, "Skip the map")
    tab_to(page, "Kenya: 1")
    assert outlined(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**place=KEN**")

    page.evaluate("document.getElementById('found').focus()")
    tab_to(page, "Download this row")
    page.keyboard.press("Enter")
    with page.expect_download() as download:
        tab_to(page, "CSV")
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "rows.csv")
    (row,) = csv.DictReader((tmp_path / "rows.csv").read_text().splitlines())
    assert row["place_countries"] == "KEN"


def focused(page) -> str:
    return page.evaluate(
        "(document.activeElement.getAttribute('aria-label') || '') + ' '"
        " + (document.activeElement.closest('label') || document.activeElement).textContent"
    )


def tab_to(page, words: str, most: int = 60) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if " ".join(focused(page).split()).startswith(words):
            return
    pytest.fail(f"“{words}” is not reached with {most} tabs; the focus is on {focused(page)!r}")


def outlined(page) -> bool:
    return page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_actors_are_found_while_typing_and_become_a_filter(page, register):
    page.goto("/engagements/")
    page.locator("#facet-stakeholder > summary").click()
    page.locator("#find-stakeholder").press_sequentially("defence")
    page.get_by_label("Kenya Defence Forces").check()
    page.wait_for_url("**stakeholder=MA-*")
    page.locator("#live", has_text="1 engagement, who took part: Kenya Defence Forces").wait_for()
    assert page.locator("#facet-stakeholder :checked").count() == 1
    assert page.locator(".ledger > li").count() == 1


def test_a_long_list_is_searched_in_place_and_folds_stay(page, register):
    EntryFactory(places=("FRA", "USA", "JPN", "BRA", "AUS", "EGY", "IND", "UKR", "FJI"))
    page.goto("/engagements/")
    page.locator("#facet-activity > summary").click()
    page.locator("#facet-activity[open]").wait_for()
    page.locator("#find-region").fill("ASIA")
    shown = page.locator("#facet-region .choices > li:visible")
    assert all("sia" in text for text in shown.all_inner_texts())
    page.locator("[name=touches][value='3']").check()
    page.wait_for_url("**touches=3*")
    page.locator("#live", has_text="touch Track III").wait_for()
    page.locator("#facet-activity[open]").wait_for()


def test_on_a_phone_filters_are_folded_and_apply_works_without_script(browser, register, server):
    context = browser.new_context(base_url=server, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto("/engagements/")
    assert not page.locator("#filters").is_visible()
    page.locator("#filters-open").click()
    page.locator("[name=touches][value='3']").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**touches=3*")
    assert page.locator("#count").inner_text() == "2 engagements touch Track III"
    context.close()


def test_every_view_works_without_script(browser, register, server):
    context = browser.new_context(base_url=server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.select_option("[name=touches]", "3")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**touches=3*")
    for view in ("Table", "Map", "Time line"):
        page.get_by_role("link", name=view, exact=True).click()
        assert page.locator("#count").inner_text() == "2 engagements touch Track III"
    page.get_by_role("link", name="Cross-tabulate").click()
    page.select_option("[name=rows]", "track")
    page.get_by_role("button", name="Show").click()
    assert "2 engagements touch Track III" in page.inner_text("main")
    context.close()


def test_motion_is_not_needed(page, register):
    page.emulate_media(reduced_motion="reduce")
    page.goto("/engagements/?view=map")
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => {"
        " const s = getComputedStyle(e);"
        " return s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0 }).length"
    )
    assert moving == 0
