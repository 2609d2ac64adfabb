"""Codes stay, terms in use stay, and every term says what it means."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError

from milidip.codebook.choices import FIXED, PlacePrecision
from milidip.codebook.models import (
    ActivityType,
    Coded,
    Country,
    Family,
    FixedTerm,
    Objective,
    Region,
    Term,
)

pytestmark = pytest.mark.django_db

CODED = [
    model for model in apps.get_app_config("codebook").get_models() if issubclass(model, Coded)
]
TERMS = [model for model in CODED if issubclass(model, Term)]


@pytest.mark.parametrize("model", [*CODED, FixedTerm], ids=lambda model: model.__name__)
def test_the_database_refuses_to_rename_a_code(model: type[models.Model]):
    pk = model._default_manager.first().pk
    with pytest.raises(IntegrityError, match="never renamed"), transaction.atomic():
        model._default_manager.filter(pk=pk).update(code="999")


def test_raw_sql_cannot_rename_a_code_either():
    with (
        pytest.raises(IntegrityError, match="never renamed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE codebook_country SET code = 'QQQ' WHERE code = 'KEN'")


def test_saving_a_term_under_another_code_makes_no_second_row():
    family = Family.objects.get(code="exercise")
    family.code = "drill"
    with pytest.raises(ValidationError, match="never renamed"):
        family.save()
    assert not Family.objects.filter(code="drill").exists()


def test_a_code_that_would_break_an_address_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        Objective.objects.create(code="A;b", label="x", definition="x", source="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Region.objects.create(code="unknown", label="x", source="x")


def test_a_term_that_others_point_to_cannot_be_deleted():
    with pytest.raises(ProtectedError), transaction.atomic():
        Family.objects.get(code="exercise").delete()
    assert ActivityType.objects.filter(family="exercise").exists()


def test_a_term_in_a_many_to_many_field_cannot_be_deleted():
    country = Country.objects.create(code="XQA", label="Somewhere", source="test")
    region = Region.objects.create(code="some-shore", label="Some shore", source="test")
    region.countries.add(country)
    message = r"Somewhere.*is in use: regions \(1\)"
    with pytest.raises(ProtectedError, match=message), transaction.atomic():
        country.delete()
    with pytest.raises(ProtectedError), transaction.atomic():
        Country.objects.filter(code="XQA").delete()
    region.countries.clear()
    country.delete()
    assert not Country.objects.filter(code="XQA").exists()


@pytest.mark.parametrize("vocabulary", FIXED)
def test_a_fixed_vocabulary_says_the_same_in_the_program_and_in_its_file(vocabulary: str):
    rows = FixedTerm.objects.filter(vocabulary=vocabulary).values_list("code", "label")
    assert list(rows) == [(code, str(label)) for code, label in FIXED[vocabulary].choices]


def test_no_fixed_term_is_left_from_a_vocabulary_that_is_gone():
    assert set(FixedTerm.objects.values_list("vocabulary", flat=True)) == set(FIXED)


@pytest.mark.parametrize("model", [*TERMS, FixedTerm], ids=lambda model: model.__name__)
def test_every_term_has_a_label_a_definition_and_a_source(model: type[models.Model]):
    for term in model._default_manager.all():
        assert term.label, term.pk
        assert term.definition.endswith("."), term.pk
        assert term.source, term.pk


def test_every_country_and_region_has_a_source():
    assert not Country.objects.filter(source="").exists()
    assert not Region.objects.filter(source="").exists()
    assert not Region.objects.filter(kind__in=["alias", "sea"], rule="").exists()


def test_tracks_are_written_as_in_addresses():
    track = apps.get_model("codebook", "Track")
    assert list(track.objects.values_list("code", flat=True)) == ["1", "1.5", "2", "3"]


def test_a_region_that_is_the_world_has_no_children():
    with pytest.raises(IntegrityError), transaction.atomic():
        Region.objects.filter(code="002").update(parent="001")


def test_the_coarsest_of_several_places_counts():
    assert PlacePrecision.coarsest(["exact", "country", "place"]) == "country"
    assert PlacePrecision.coarsest([]) == "unknown"
