"""History is written by the database: by whatever way, in linear time, and never changed."""

import time

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext

from engagements import publication
from engagements.models import Place
from tests.factories import EngagementFactory, UserFactory

FEW, MANY = 5_000, 50_000
# Ten times the rows take nine times as long. With the checks of foreign keys put off to the end
# of the transaction it is ninety-five times: the database looks through all of them at every row.
AT_MOST = 30


def written(rows: int, engagement_id: int, *, within: float = 0) -> float:
    """Write so many places with their history, and take them back; return the seconds it took."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{within:.0f}s"])
        began = time.perf_counter()
        cursor.execute(
            "INSERT INTO engagements_place (engagement_id, name, country_derived, precision) "
            "SELECT %s, 'Place ' || number, false, 'place' FROM generate_series(1, %s) number",
            [engagement_id, rows],
        )
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return took


def test_ten_times_the_rows_are_written_in_about_ten_times_the_time(db):
    """Beside itself on the same machine; what is not linear is stopped, not waited for."""
    engagement = EngagementFactory(place=False)
    few = max(written(FEW, engagement.pk) for _again in range(2))
    assert written(MANY, engagement.pk, within=max(few * AT_MOST, 1)) < few * AT_MOST


def test_a_bulk_publication_checks_foreign_keys_at_once(db):
    """What the test above measures, where it counts; imports have a test of their own."""
    record, by = EngagementFactory(), UserFactory(administrator=True)
    with CaptureQueriesContext(connection) as asked:
        publication.publish_bulk([record.pk], by, scope_note="A trusted load.")
    statements = [query["sql"] for query in asked]
    first = next(n for n, sql in enumerate(statements) if sql.startswith("INSERT"))
    assert any("SET CONSTRAINTS ALL IMMEDIATE" in sql for sql in statements[:first])


def test_raw_sql_and_bulk_writes_are_in_the_history_too(db):
    engagement = EngagementFactory(place=False)
    events = Place.pgh_event_model.objects.filter(engagement=engagement)
    Place.objects.bulk_create(Place(engagement=engagement, name=f"Town {n}") for n in range(3))
    assert events.filter(pgh_label="insert").count() == 3
    Place.objects.filter(engagement=engagement).update(name="Renamed")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE engagements_place SET name = 'By hand' WHERE name = 'Renamed'")
        cursor.execute("DELETE FROM engagements_place WHERE name = 'By hand'")
    assert events.filter(pgh_label="update", name="Renamed").count() == 3
    assert events.filter(pgh_label="update", name="By hand").count() == 3
    assert events.filter(pgh_label="delete").count() == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE engagements_placeevent SET name = 'Rewritten'",
        "DELETE FROM engagements_placeevent",
        "TRUNCATE engagements_placeevent",
        "DROP TABLE engagements_placeevent",
        "ALTER TABLE engagements_placeevent DISABLE TRIGGER ALL",
        "ALTER TABLE engagements_place DISABLE TRIGGER ALL",
    ],
)
def test_the_working_side_cannot_rewrite_or_switch_off_history(db, statement):
    EngagementFactory()
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Place.pgh_event_model.objects.filter(name="Nanyuki").exists()
