"""English and French: by the address for readers, by choice for staff, and nothing left over."""

import gettext
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from milidip.catalogue import labels
from milidip.codebook.models import Country, Region
from milidip.codebook.models.coded import Bilingual
from milidip.languages import in_language, language_of
from tests.factories import EngagementFactory, UserFactory

SOURCES = ("milidip", "engagements", "stakeholders", "templates", "locale", "manage.py")
CATALOGUE = settings.BASE_DIR / "locale/fr/LC_MESSAGES/django.po"


@pytest.mark.parametrize(
    ("path", "english", "french"),
    [
        ("/", "/", "/fr/"),
        ("/engagements/?track=3", "/engagements/?track=3", "/fr/engagements/?track=3"),
        ("/fr/about/", "/about/", "/fr/about/"),
        ("/french/", "/french/", "/fr/french/"),
    ],
)
def test_a_page_has_the_same_address_in_the_other_language(path, english, french):
    assert in_language(path, "en") == english
    assert in_language(path, "fr") == french
    assert language_of(french) == "fr"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "list", "actors", "codebook", "about"])
def test_the_address_alone_says_in_which_language_a_page_is(client: Client, name: str):
    english = reverse(f"catalogue:{name}")
    for path, language in ((english, "en"), (f"/fr{english}", "fr")):
        response = client.get(
            path, headers={"accept-language": "fr"}, HTTP_COOKIE="django_language=fr"
        )
        page = response.content.decode()
        assert f'<html lang="{language}"' in page
        assert response.headers["Content-Language"] == language
        assert "Accept-Language" not in response.headers["Vary"]
        assert "Cookie" not in response.headers["Vary"]
        assert not response.cookies
        assert f'hreflang="fr" href="http://testserver/fr{english}"' in page
        assert f'hreflang="x-default" href="http://testserver{english}"' in page


@pytest.mark.django_db
def test_links_of_a_french_page_stay_in_french(client: Client):
    page = client.get("/fr/about/").content.decode()
    assert 'href="/fr/engagements/"' in page
    assert 'href="/engagements/"' not in page


@pytest.mark.django_db
def test_a_record_in_french_is_the_same_record(client: Client):
    record = EngagementFactory(published=True)
    english = client.get(f"/engagements/{record.reference}/")
    french = client.get(f"/fr/engagements/{record.reference}/")
    assert french.status_code == 200
    assert record.title in french.content.decode()
    assert english.headers["ETag"] != french.headers["ETag"]


@pytest.mark.django_db
def test_what_is_not_there_is_not_there_in_french_either(client: Client):
    response = client.get("/fr/engagements/MD-000000/")
    assert response.status_code == 404
    assert '<html lang="fr"' in response.content.decode()


@pytest.mark.django_db
def test_vocabularies_speak_the_language_of_the_page_and_are_sorted_by_it():
    with translation.override("fr"):
        assert labels.label("country", "DEU") == str(Country.objects.get(pk="DEU")) == "Allemagne"
        assert labels.label("region", "202") == "Afrique subsaharienne"
        names = [word.label for word in labels.vocabulary("country").values()]
        assert names.index("Égypte") < names.index("Finlande")
    assert labels.label("country", "DEU") == str(Country.objects.get(pk="DEU")) == "Germany"


@pytest.mark.django_db
def test_a_term_without_french_is_shown_in_english():
    shore = Region(code="some-shore", label="Some shore", source="test")
    with translation.override("fr"):
        assert str(shore) == "Some shore"


@pytest.mark.django_db
def test_staff_choose_their_language_and_it_stays_on_the_working_side(client: Client):
    client.force_login(UserFactory(contributor=True))
    asked = {"language": "fr", "next": "/admin/"}
    response = client.post(reverse("set_language"), asked)
    assert response.cookies["django_language"]["path"] == "/admin/"
    assert '<html lang="fr"' in client.get("/admin/").content.decode()


# --- nothing left over --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tools() -> None:
    if shutil.which("msgfmt"):
        return
    if os.environ.get("CI") == "true":
        pytest.fail("Install gettext: the translations are not tested without it.")
    pytest.skip("gettext is not installed.")


@pytest.mark.usefixtures("tools")
def test_every_text_of_the_interface_is_in_french(tmp_path: Path):
    for name in SOURCES:
        place = settings.BASE_DIR / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, tmp_path / name)
    told = "makemessages --locale fr --no-location --no-obsolete --no-wrap"
    make = [settings.BASE_DIR / ".venv/bin/python", "-m", "django", *told.split()]
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True, env=_plain())
    fresh = tmp_path / CATALOGUE.relative_to(settings.BASE_DIR)
    for what in ("--untranslated", "--only-fuzzy"):
        left = subprocess.run(
            ["msgattrib", what, "--no-obsolete", fresh], check=True, capture_output=True, text=True
        )
        assert left.stdout == "", what
    subprocess.run(
        ["msgfmt", "--check", "-o", tmp_path / "out.mo", fresh], check=True, capture_output=True
    )


@pytest.mark.usefixtures("tools")
def test_the_compiled_translation_is_that_of_the_text(tmp_path: Path):
    subprocess.run(["msgfmt", "-o", tmp_path / "fresh.mo", CATALOGUE], check=True)
    with (tmp_path / "fresh.mo").open("rb") as file:
        fresh = gettext.GNUTranslations(file)
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)
    assert shipped._catalog == fresh._catalog


def _plain() -> dict[str, str]:
    """The environment without Django's settings: the copy is looked at, not run."""
    return {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model",
    [each for each in apps.get_app_config("codebook").get_models() if issubclass(each, Bilingual)],
    ids=lambda model: model.__name__,
)
def test_every_term_that_ships_is_in_french(model):
    """Names of actors and the like are the same in both; a text without French is forgotten."""
    for term in model.objects.all():
        for field in model._meta.concrete_fields:
            if field.name.endswith("_fr") and getattr(term, field.name.removesuffix("_fr")):
                assert getattr(term, field.name), (term.pk, field.name)
