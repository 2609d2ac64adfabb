"""Mark a record for comparison whenever something changes that its public page may show.

The triggers fire once a statement, so that a load of thousands costs one update. Each names, as
its argument, how the changed rows lead to engagements.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION engagements_mark_drift() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE 'UPDATE public.engagements_drift SET stale = true WHERE engagement_id IN ('
        || TG_ARGV[0] || ')';
    RETURN NULL;
END
$$;
"""

OF_PARTICIPATION = (
    "SELECT p.engagement_id FROM changed c "
    "JOIN public.engagements_participation p ON p.id = c.participation_id"
)
OF_ASSESSMENT = (
    "SELECT a.engagement_id FROM changed c "
    "JOIN public.engagements_conductassessment a ON a.id = c.assessment_id"
)
OF_ACTOR = (
    "SELECT p.engagement_id FROM changed c "
    "JOIN public.engagements_participation p ON p.stakeholder_id = c.{column}"
)
# What moves a record from desk to desk says nothing to its readers.
OF_RECORD = """
SELECT c.id FROM changed c JOIN was w ON w.id = c.id
WHERE to_jsonb(c) - ARRAY[{columns}] IS DISTINCT FROM to_jsonb(w) - ARRAY[{columns}]
""".format(
    columns=", ".join(
        f"''{name}''"
        for name in ("state", "submitted_at", "submitted_by_id", "updated_at", "updated_by_id")
    )
)
TABLES = {
    **dict.fromkeys(
        (
            "engagements_place",
            "engagements_participation",
            "engagements_source",
            "engagements_outcome",
            "engagements_conductassessment",
            "engagements_exercisedetails",
            "engagements_exchangedetails",
            "engagements_peaceoperationdetails",
            "engagements_dialoguedetails",
            "engagements_engagement_touches",
            "engagements_engagement_track3_links",
            "engagements_engagement_military_roles",
            "engagements_engagement_objectives",
            "engagements_engagement_themes",
        ),
        "SELECT engagement_id FROM changed",
    ),
    "engagements_participation_sources": OF_PARTICIPATION,
    "engagements_criterionfinding": OF_ASSESSMENT,
    "engagements_series": (
        "SELECT e.id FROM changed c JOIN public.engagements_engagement e ON e.series_id = c.id"
    ),
    "stakeholders_stakeholder": OF_ACTOR.format(column="id"),
    "stakeholders_protection": OF_ACTOR.format(column="stakeholder_id"),
}
EVENTS = (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))

CREATE = "".join(
    f"CREATE TRIGGER mark_drift_{event} AFTER {event.upper()} ON {table} "
    f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
    f"EXECUTE FUNCTION engagements_mark_drift('{query}');\n"
    for table, query in TABLES.items()
    for event, rows in EVENTS
)
CREATE += (
    "CREATE TRIGGER mark_drift_update AFTER UPDATE ON engagements_engagement "
    "REFERENCING OLD TABLE AS was NEW TABLE AS changed FOR EACH STATEMENT "
    f"EXECUTE FUNCTION engagements_mark_drift('{OF_RECORD}');\n"
)
DROP = "DROP TRIGGER mark_drift_update ON engagements_engagement;\n" + "".join(
    f"DROP TRIGGER mark_drift_{event} ON {table};\n" for table in TABLES for event, _rows in EVENTS
)
FILL = """
INSERT INTO engagements_drift (engagement_id, stale, from_cleared, from_public)
SELECT DISTINCT engagement_id, true, false, false FROM engagements_ethicalreview
WHERE decision IN ('cleared', 'cleared_with_conditions')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0011_case_study"),
        ("stakeholders", "0002_requests_merges_erasure"),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTION + CREATE, DROP + "DROP FUNCTION engagements_mark_drift();"),
    ]
