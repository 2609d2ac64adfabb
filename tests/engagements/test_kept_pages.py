"""What is kept of public pages is never stale and never private: every change shows at once."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings
from django.utils import timezone
from django.utils.http import http_date

from engagements import protection, publication, workflow
from milidip.catalogue import kept, middleware
from milidip.catalogue.models import Entry, Register
from milidip.codebook.models import Track
from tests.catalogue.test_blocks import recounted
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db
KEPT = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tests"}


@pytest.fixture(autouse=True)
def pages_are_kept():
    with override_settings(CACHES={**settings.CACHES, "public": KEPT}):
        caches["public"].clear()
        yield
        caches["public"].clear()


@pytest.fixture
def published():
    engagement = EngagementFactory(title="Exercise Marker")
    person = StakeholderFactory(person=True, name="Visible Person")
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(engagement)
    publish(engagement)
    return engagement, person


def test_a_page_is_made_once_for_a_revision(client, published, django_assert_num_queries):
    first = client.get("/engagements/")
    with django_assert_num_queries(1):
        second = client.get("/engagements/")
    assert second.content == first.content
    for name in ("Content-Type", "X-Total-Count", "ETag", "Content-Security-Policy"):
        assert second[name] == first[name]


def test_counts_are_kept_for_other_pages_of_the_same_filter(client, published):
    client.get("/engagements/")
    Entry.objects.all().delete()  # as nothing does: the revision stays
    assert client.get("/engagements/?sort=title")["X-Total-Count"] == "1"


def test_publishing_shows_at_once(client, published):
    assert client.get("/engagements/")["X-Total-Count"] == "1"
    another = EngagementFactory(title="Exercise Later")
    clear(another)
    publish(another)
    page = client.get("/engagements/")
    assert page["X-Total-Count"] == "2"
    assert "Exercise Later" in page.text
    assert recounted() == 0


def test_withdrawing_shows_at_once(client, published):
    engagement, _person = published
    address = f"/engagements/{engagement.reference}/"
    assert client.get(address).status_code == 200
    assert "Exercise Marker" in client.get("/engagements/").text
    workflow.withdraw(engagement, UserFactory(editor=True), "It was wrong.")
    assert client.get(address).status_code == 410
    page = client.get("/engagements/")
    assert page["X-Total-Count"] == "0"
    assert "Exercise Marker" not in page.text
    assert recounted() == 0


def test_protecting_shows_at_once(client, published):
    engagement, person = published
    addresses = [f"/engagements/{engagement.reference}/", "/stakeholders/", "/engagements/"]
    assert "Visible Person" in client.get(addresses[0]).text
    for address in addresses:
        client.get(address)
    protection.protect(person, UserFactory(reviewer=True), "Asked for it.")
    for address in addresses:
        assert "Visible Person" not in client.get(address).text
    assert recounted() == 0


def test_the_sweep_shows_at_once(client, published):
    client.get("/engagements/")
    yesterday = timezone.now().date() - timedelta(days=1)
    Entry.objects.update(leaves_on=yesterday)
    Register.objects.update(swept_on=yesterday)
    assert client.get("/engagements/")["X-Total-Count"] == "0"
    assert recounted() == 0


def test_a_changed_term_shows_at_once(client, published):
    client.get("/codebook/")
    Track.objects.filter(code="1").update(definition="Marker of a definition.")
    assert "Marker of a definition." in client.get("/codebook/").text


def test_rebuilding_what_is_unchanged_changes_no_block_and_no_page(client, published):
    tag = client.get("/engagements/")["ETag"]
    assert publication.rebuild() == 0
    assert client.get("/engagements/")["ETag"] == tag
    assert recounted() == 0


def test_another_host_compressed_and_partial_answers_are_kept_apart(client, published):
    plain = client.get("/engagements/")
    packed = client.get("/engagements/", headers={"Accept-Encoding": "gzip"})
    partial = client.get("/engagements/", headers={"HX-Request": "true"})
    assert len({plain.content, packed.content, partial.content}) == 3
    again = client.get("/engagements/", headers={"Accept-Encoding": "gzip"})
    assert (again.content, again["Content-Encoding"]) == (packed.content, "gzip")
    record = f"/engagements/{published[0].reference}/"
    assert "127.0.0.1" in client.get(record, headers={"host": "127.0.0.1"}).text
    assert "127.0.0.1" not in client.get(record, headers={"host": "localhost"}).text


def test_errors_and_downloads_are_not_kept(client, published):
    client.get("/engagements/?track=9")
    client.get("/engagements/MD-ZZZZZZ/")
    client.get("/engagements.csv").getvalue()
    assert len(caches["public"]._cache) == 0


def test_a_page_that_says_how_to_be_cached_is_left_alone():
    from django.http import HttpResponse

    kept.keep_page("key", HttpResponse("a", headers={"Cache-Control": "no-store"}))
    kept.keep_page("key", HttpResponse("a" * (kept.LARGEST_PAGE + 1)))
    kept.keep_page("key", HttpResponse("a", headers={"Vary": "Accept-Encoding, Accept"}))
    assert kept.kept_page("key") is None
    kept.keep_page("key", HttpResponse("ä", content_type="text/plain"))
    page = kept.kept_page("key")
    assert (page.text, page["Content-Type"]) == ("ä", "text/plain")


def test_without_its_cache_the_site_goes_on(client, published):
    broken = {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": "/proc/nothing",
    }
    with override_settings(CACHES={**settings.CACHES, "public": broken}):
        assert client.get("/engagements/").status_code == 200
        assert client.get("/engagements/").status_code == 200


def test_a_shared_cache_holds_data_and_never_code():
    value = {"body": "YQ==", "headers": {"Content-Type": "text/html"}}
    serializer = kept.Json()
    assert serializer.loads(serializer.dumps(value)) == value
    with pytest.raises(TypeError):
        serializer.dumps(object())


@pytest.mark.parametrize("path", ["/engagements/", "/engagements.csv", "RECORD"])
def test_a_date_tells_that_nothing_changed(client, published, path):
    path = path.replace("RECORD", f"/engagements/{published[0].reference}/")
    hour_ago = timezone.now() - timedelta(hours=1)
    Register.objects.update(changed_at=hour_ago)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(middleware, "STARTED", hour_ago)
        first = client.get(path)
        modified = first["Last-Modified"]
        if first.streaming:
            first.getvalue()
        since = {"If-Modified-Since": modified}
        assert _status(client, path, since) == 304
        earlier = http_date(hour_ago.timestamp() - 86_400 * 2)
        assert _status(client, path, {"If-Modified-Since": earlier}) == 200
        other = {**since, "If-None-Match": '"another"'}
        assert _status(client, path, other) == 200


def _status(client, path, headers) -> int:
    response = client.get(path, headers=headers)
    if response.streaming:
        response.getvalue()
    return response.status_code


def test_right_after_a_change_no_date_is_told(client, published):
    """A second change within the same second would have the same date."""
    assert "Last-Modified" not in client.get("/engagements/")
