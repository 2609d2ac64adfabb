"""A register to measure with: made from real records, the same for the same seed."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from engagements import seeding
from engagements.importing.theirs import history_of
from engagements.management.commands.seed_catalogue import SAMPLE
from engagements.models import Engagement, Publication
from milidip.catalogue.models import Actor, Entry, Search
from tests.catalogue.test_blocks import recounted
from tests.factories import EngagementFactory


def contents() -> list[tuple]:
    fields = ("ordinal", "reference", "sort_key", "start_earliest", "actors", "document__summary")
    return list(Entry.objects.order_by("ordinal").values_list(*fields))


def made() -> set[tuple]:
    """Return every index and constraint of the public side, as the database tells them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'catalogue%'"
            " UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid::regclass::text LIKE 'catalogue%'"
        )
        return set(cursor.fetchall())


def test_a_stopped_run_goes_on_to_the_same_register(committed_db, monkeypatch):
    monkeypatch.setattr(seeding, "BATCH", 4)
    monkeypatch.setattr(seeding, "PER_BLOCK", 9)
    before = made()
    call_command("seed_catalogue", entries=12, data=SAMPLE)
    call_command("seed_catalogue", entries=25, data=SAMPLE)
    whole = contents()
    assert [row[0] for row in whole] == list(range(1, 26))
    assert len(whole) == Search.objects.count() == 25
    assert made() == before
    assert set(Entry.objects.values_list("source_dataset", flat=True)) == {seeding.DATASET}
    assert Engagement.objects.count() == 0
    named = {reference for row in whole for reference in row[4]}
    assert set(Actor.objects.values_list("reference", flat=True)) == named
    assert recounted() == 0
    seeding.drop_indexes()  # as if a run were stopped right after
    call_command("seed_catalogue", entries=25, data=SAMPLE)
    assert contents() == whole
    assert made() == before
    Entry.objects.all().delete()
    call_command("seed_catalogue", entries=25, data=SAMPLE)
    assert contents() == whole


def test_through_the_gate_every_record_has_its_history(committed_db):
    call_command("seed_catalogue", gate=20, data=SAMPLE)
    assert Entry.objects.count() == Publication.objects.count() == 20
    assert history_of(Engagement).objects.count() >= 20
    assert recounted() == 0
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("seed_catalogue", entries=30, data=SAMPLE)


def test_a_database_with_other_records_is_left_alone(db):
    EngagementFactory()
    for how in ({"entries": 5}, {"gate": 5}):
        with pytest.raises(CommandError, match="Nothing was written"):
            call_command("seed_catalogue", **how)
    assert Engagement.objects.count() == 1
    with pytest.raises(CommandError, match="Say how many"):
        call_command("seed_catalogue")
