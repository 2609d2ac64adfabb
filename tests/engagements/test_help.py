"""Help where it is needed: beside every field, and in the glossary."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from engagements.admin.field_help import HELP
from engagements.admin.glossary import glossary
from engagements.models import Engagement
from milidip.codebook.models import Theme
from tests.factories import EngagementFactory, UserFactory

pytestmark = pytest.mark.django_db

GLOSSARY = reverse("admin:engagements_engagement_glossary")
EXPLAIN_THEMSELVES = {"DELETE", "id", "engagement"}


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def forms_of_the_screen():
    """The form of a public record, and of each part an empty row: by name."""
    request = RequestFactory().get("/")
    request.user = UserFactory(administrator=True)
    record = EngagementFactory(published=True)
    model_admin = admin.site.get_model_admin(Engagement)
    yield "engagement", model_admin.get_form(request, record, change=True)()
    for inline in model_admin.get_inline_instances(request, record):
        yield inline.model._meta.model_name, inline.get_formset(request, record)().empty_form


def test_every_field_of_the_screen_says_how_to_fill_it_in():
    silent = [
        f"{part}.{name}"
        for part, form in forms_of_the_screen()
        for name, field in form.fields.items()
        if name not in EXPLAIN_THEMSELVES and not str(field.help_text).strip()
    ]
    assert silent == []


def test_help_stands_at_a_field_that_there_is_and_speaks_with_an_example():
    fields = {f"{part}.{name}" for part, form in forms_of_the_screen() for name in form.fields}
    assert set(HELP) <= fields
    for name, told in HELP.items():
        assert "Example:" in str(told.example) or "example" in str(told.example).lower(), name


def test_the_help_of_a_field_is_what_the_codebook_says():
    page = (
        as_(UserFactory(contributor=True))
        .get(reverse("admin:engagements_engagement_add"))
        .content.decode()
    )
    assert "What an actor did in an engagement. Example: who lends the hall is the host." in page


def test_the_glossary_explains_the_words_of_the_screens_by_vocabulary():
    groups = {group.code: group for group in glossary()}
    assert "country" not in groups
    assert next(iter(groups)) == "track"
    assert {term.code for term in groups["capacity"].terms} >= {"official_personal", "expert"}
    found = glossary("PERSONAL capacity")
    assert [(group.code, [term.code for term in group.terms]) for group in found] == [
        ("capacity", ["official_personal"])
    ]


def test_a_term_of_ones_own_is_in_the_glossary_at_once():
    Theme.objects.create(
        code="of_our_own", label="Écoles", definition="Made here.", group="technology"
    )
    assert [group.code for group in glossary("ecoles")] == ["theme"]


def test_the_glossary_is_a_page_and_for_the_drawer_a_part_of_it():
    client = as_(UserFactory())  # staff without a role reads the words too
    page = client.get(GLOSSARY, {"find": "retired"}).content.decode()
    assert "<html" in page
    assert 'value="retired"' in page
    assert "Retired official" in page
    part = client.get(GLOSSARY, headers={"X-Requested-With": "XMLHttpRequest"})
    assert "<html" not in part.content.decode()
    assert "Retired official" in part.content.decode()
    nothing = client.get(GLOSSARY, {"find": "zyxmarker"}).content.decode()
    assert "No term of the codebook holds these words." in nothing


def test_every_page_of_the_working_side_leads_to_the_glossary():
    page = as_(UserFactory(contributor=True)).get(reverse("admin:index")).content.decode()
    assert f'<a href="{GLOSSARY}" data-opens="glossary-drawer">' in page
    assert Client().get(GLOSSARY).status_code == 302
