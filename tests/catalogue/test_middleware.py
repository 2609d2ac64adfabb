import gzip
from datetime import date, timedelta
from unittest import mock

import pytest
from django.db import DatabaseError, connection
from django.db.models import F

from milidip.catalogue import middleware
from milidip.catalogue.models import Entry, Register, Tombstone
from milidip.roles import owner_role

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db
YESTERDAY = date.today() - timedelta(days=1)  # noqa: DTZ011
TOMORROW = date.today() + timedelta(days=1)  # noqa: DTZ011


def test_an_unchanged_page_is_not_sent_again(client):
    first = client.get("/engagements/")
    assert first["Cache-Control"] == "public, no-cache"
    again = client.get("/engagements/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "public, no-cache"
    assert set(again["Vary"].split(", ")) == set(first["Vary"].split(", "))
    assert again.content == b""


def test_the_answer_304_comes_before_any_work(client, django_assert_num_queries):
    tag = client.get("/engagements/")["ETag"]
    with django_assert_num_queries(1):
        client.get("/engagements/", headers={"If-None-Match": f'"other", {tag}'})


def test_a_new_revision_another_address_or_htmx_is_another_page(client):
    tag = client.get("/engagements/")["ETag"]
    headers = {"If-None-Match": tag}
    assert client.get("/engagements/?track=1", headers=headers).status_code == 200
    assert (
        client.get("/engagements/", headers={**headers, "HX-Request": "true"}).status_code == 200
    )
    boosted = {**headers, "HX-Request": "true", "HX-Boosted": "true"}
    assert client.get("/engagements/", headers=boosted).status_code == 304
    Register.objects.update(revision=F("revision") + 1)
    assert client.get("/engagements/", headers=headers).status_code == 200


def test_an_upgrade_makes_every_page_new(client, monkeypatch):
    tag = client.get("/about/")["ETag"]
    monkeypatch.setattr(middleware, "build", lambda: "newer")
    assert client.get("/about/", headers={"If-None-Match": tag}).status_code == 200


def test_a_star_matches_nothing(client):
    assert client.get("/", headers={"If-None-Match": "*"}).status_code == 200


@pytest.mark.parametrize("path", ["/engagements/?track=9", "/nothing/", "/engagements/MD-ZZZZZZ/"])
def test_errors_are_never_kept(client, path):
    response = client.get(path)
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response


def test_the_first_page_of_a_day_sweeps_what_has_expired(client):
    Register.objects.update(swept_on=YESTERDAY, revision=5)
    actor = ActorFactory()
    leaving = EntryFactory(leaves_on=YESTERDAY, status="planned", participants=[(actor, "host")])
    staying = EntryFactory(leaves_on=TOMORROW, status="planned")
    assert client.get(leaving.get_absolute_url()).status_code == 410
    assert client.get(staying.get_absolute_url()).status_code == 200
    assert client.get(actor.get_absolute_url()).status_code == 404
    assert Tombstone.objects.get().kind == Tombstone.Kind.EXPIRED
    assert Register.objects.get().revision == 6


def test_later_pages_of_the_day_do_not_sweep_again(client, django_assert_num_queries):
    client.get("/")
    with django_assert_num_queries(1):
        register = middleware.read_register()
    assert register.swept_on == register.today


def test_when_the_sweep_fails_nothing_is_shown(client):
    """Fail closed: a page that should have been swept might show what must not be seen."""
    Register.objects.update(swept_on=YESTERDAY)
    entry = EntryFactory(leaves_on=YESTERDAY, status="planned")
    with owner_role(), connection.cursor() as cursor:
        cursor.execute("REVOKE EXECUTE ON FUNCTION catalogue_sweep() FROM milidip_public")
    response = client.get(entry.get_absolute_url())
    assert response.status_code == 503
    assert response["Cache-Control"] == "no-store"
    assert response["Retry-After"]


def test_when_the_register_is_missing_nothing_is_shown(client):
    Register.objects.all().delete()
    assert client.get("/").status_code == 503


def test_without_a_database_the_site_says_so(client, monkeypatch):
    def away():
        raise DatabaseError("away")

    monkeypatch.setattr(middleware, "read_register", away)
    monkeypatch.setattr("milidip.catalogue.crawlers.connection", mock.Mock(cursor=away))
    for path in ("/", "/engagements.csv", "/nothing/"):
        assert client.get(path).status_code == 503
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (503, "no database\n")
    assert response["Cache-Control"] == "no-store"


def test_health_is_told_without_the_register(client, monkeypatch):
    monkeypatch.setattr(middleware, "read_register", None)
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response


def test_an_error_page_asks_the_database_nothing(client, monkeypatch, django_assert_num_queries):
    def broken(*args, **kwargs):
        raise RuntimeError("broken")

    client.get("/about/")
    monkeypatch.setattr("milidip.catalogue.views.codebook_context", broken)
    client.raise_request_exception = False
    with django_assert_num_queries(1):
        response = client.get("/codebook/")
    assert response.status_code == 500
    assert "<main" in response.text
    assert response["Cache-Control"] == "no-store"


def test_public_pages_work_as_the_public_role(client, monkeypatch):
    def roles(self, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            seen.append(cursor.fetchone()[0])
        return {}

    seen: list[str] = []
    monkeypatch.setattr("milidip.catalogue.views.AboutView.get_context_data", roles)
    client.get("/about/")
    assert seen == ["milidip_public"]
    assert Entry.objects.count() == 0


def test_pages_are_sent_compressed_to_readers_who_take_that(client):
    response = client.get("/codebook/", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert b"<main" in gzip.decompress(response.content)
    again = client.get(
        "/codebook/", headers={"Accept-Encoding": "gzip", "If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304
