"""Vocabularies in the admin: what ships is read-only, what editors add is theirs."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from milidip.codebook.models import ActivityType, Country, FixedTerm, Objective, Region

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("keeper"))
    return client


def url(model, page: str, *args: str) -> str:
    return reverse(f"admin:codebook_{model._meta.model_name}_{page}", args=args)


def test_every_vocabulary_is_in_the_admin_and_opens(editor: Client):
    for model in apps.get_app_config("codebook").get_models():
        if model.__name__ == "CountryNumber":
            continue
        assert admin.site.is_registered(model), model
        assert editor.get(url(model, "changelist")).status_code == 200
        first = model._default_manager.first()
        assert editor.get(url(model, "change", str(first.pk))).status_code == 200
        assert editor.get(url(model, "changelist"), {"q": "a"}).status_code == 200


def test_an_editor_adds_a_term_and_its_code_is_then_fixed(editor: Client):
    term = {
        "code": "border_trust",
        "label": "Trust at a border",
        "definition": "Those on both sides of a border come to trust each other.",
        "source": "milidip",
        "sort_order": "500",
    }
    assert editor.post(url(Objective, "add"), term).status_code == 302
    change = url(Objective, "change", "border_trust")
    assert 'name="code"' not in editor.get(change).content.decode()
    editor.post(change, term | {"code": "other", "label": "Border trust"})
    assert Objective.objects.get(code="border_trust").label == "Border trust"
    assert not Objective.objects.filter(code="other").exists()


def test_a_bad_code_is_refused_in_plain_words(editor: Client):
    page = editor.post(url(Objective, "add"), {"code": "Border Trust", "label": "x"})
    assert "Use small letters, digits and underscores." in page.content.decode()


def test_what_ships_is_read_only_and_cannot_be_deleted(editor: Client):
    page = editor.get(url(ActivityType, "change", "joint_exercise")).content.decode()
    assert 'name="label"' not in page
    assert editor.get(url(ActivityType, "delete", "joint_exercise")).status_code == 403


def test_a_term_in_use_is_kept_and_the_page_says_by_what(editor: Client):
    Country.objects.create(code="XQA", label="Somewhere", source="test")
    region = Region.objects.create(code="some-shore", label="Some shore", source="test")
    region.countries.add("XQA")
    delete = url(Country, "delete", "XQA")
    assert "“Somewhere” is in use: regions (1)." in editor.get(delete).content.decode()
    editor.post(delete, {"post": "yes"})
    assert Country.objects.filter(code="XQA").exists()
    region.countries.clear()
    editor.post(delete, {"post": "yes"})
    assert not Country.objects.filter(code="XQA").exists()


def test_fixed_terms_can_only_be_read(editor: Client):
    assert editor.get(url(FixedTerm, "add")).status_code == 403


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("UK", "GBR"),
        ("ken", "KEN"),
        ("na", "NAM"),
        ("cote d'ivoire", "CIV"),
        ("Burma", "MMR"),
        ("USSR", "SUN"),
        ("turkey", "TUR"),
        ("Niger", "NER"),
        ("kosovo", "XKX"),
    ],
)
def test_the_country_meant_comes_first(typed: str, first: str):
    model_admin = admin.site.get_model_admin(Country)
    found, _distinct = model_admin.get_search_results(None, Country.objects.all(), typed)
    assert found[0].code == first
