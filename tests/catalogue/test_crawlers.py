import re
import xml.etree.ElementTree as ET

import pytest

from milidip.catalogue import crawlers

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db
SPACE = {"s": crawlers.SPACE}


def locations(response) -> list[str]:
    assert response["Content-Type"] == "application/xml"
    return [node.text for node in ET.fromstring(response.content).iterfind(".//s:loc", SPACE)]


def path(url: str) -> str:
    assert url.startswith("http://testserver/")
    return url.removeprefix("http://testserver")


def test_the_sitemap_lists_every_page_record_and_actor(client, monkeypatch):
    monkeypatch.setattr(crawlers, "PER_FILE", 2)
    actors = [ActorFactory() for _ in range(3)]
    entries = [EntryFactory(ordinal=number, series="talks") for number in (1, 2, 3, 5)]
    found = []
    for part in locations(client.get("/sitemap.xml")):
        found += locations(client.get(path(part)))
    for one in [*actors, *entries]:
        assert f"http://testserver{one.get_absolute_url()}" in found
    assert "http://testserver/about/" in found
    gateways = [url for url in found if re.search(r"/(series|regions|countries)/.", url)]
    assert "http://testserver/countries/KEN/" in gateways
    assert "http://testserver/series/talks/" in gateways
    assert "http://testserver/regions/002/" in gateways
    assert len(found) == len(set(found)) == len(crawlers.PAGES) + 3 + 4 + len(gateways)
    for url in found:
        assert client.get(path(url)).status_code == 200


def test_a_record_in_the_sitemap_says_when_it_changed(client):
    EntryFactory(ordinal=1)
    assert "<lastmod>2026-01-03</lastmod>" in client.get("/sitemap-engagements-1.xml").text


@pytest.mark.parametrize("name", ["engagements-9", "actors-1", "pages-2", "people-1", "pages-0"])
def test_a_file_of_the_sitemap_that_is_not_there_is_404(client, name):
    assert client.get(f"/sitemap-{name}.xml").status_code == 404


def test_crawlers_stay_out_of_filters_exports_and_the_admin(client):
    lines = client.get("/robots.txt").text.splitlines()
    for rule in ("/admin/", "/engagements/?", "/stakeholders/?", "/*.csv"):
        assert f"Disallow: {rule}" in lines
    assert "Sitemap: http://testserver/sitemap.xml" in lines
