"""The frozen record: everything a publication may ever need, read in one query.

A snapshot is private. It holds withheld names, so that a record can be rendered anew when
another promise is made. It holds no restricted note and no text that staff keep for the work.
"""

from collections.abc import Iterable

from django.db import connection, transaction

from engagements.disclosure import Snapshot

QUERY = """
SELECT e.id, json_build_object(
  'reference', e.reference,
  'title', e.title,
  'title_supplied', e.title_supplied,
  'series', (SELECT json_build_object('code', s.code, 'name', s.name)
             FROM engagements_series s WHERE s.id = e.series_id),
  'edition', e.edition,
  'summary', e.summary,
  'narrative', e.narrative,
  'lessons', e.lessons,
  'case_study', e.case_study,
  'lessons_reported_by', e.lessons_reported_by,
  'track', e.track_id,
  'track_basis', e.track_basis,
  'track_note', e.track_note,
  'touches', ARRAY(SELECT track_id FROM engagements_engagement_touches
                   WHERE engagement_id = e.id ORDER BY 1),
  'track3_links', ARRAY(SELECT tracklink_id FROM engagements_engagement_track3_links
                        WHERE engagement_id = e.id ORDER BY 1),
  'military_roles', ARRAY(SELECT militaryrole_id FROM engagements_engagement_military_roles
                          WHERE engagement_id = e.id ORDER BY 1),
  'initiated_by', e.initiated_by_id,
  'activity', e.activity_id,
  'family', (SELECT family_id FROM codebook_activitytype WHERE code = e.activity_id),
  'objectives', ARRAY(SELECT objective_id FROM engagements_engagement_objectives
                      WHERE engagement_id = e.id ORDER BY 1),
  'themes', ARRAY(SELECT theme_id FROM engagements_engagement_themes
                  WHERE engagement_id = e.id ORDER BY 1),
  'status', e.status,
  'start', e.start,
  'end', e."end",
  'marking', e.marking,
  'claim_status', e.claim_status,
  'gives_support', e.gives_support,
  'content_licence', e.content_licence,
  'source_dataset', e.source_dataset,
  'source_id', e.source_id,
  'places', ARRAY(SELECT json_build_object(
        'name', p.name, 'country', p.country_id,
        'country_label', coalesce((SELECT label FROM codebook_country
                                   WHERE code = p.country_id), ''),
        'country_derived', p.country_derived, 'region', p.region_id,
        'precision', p.precision, 'latitude', p.latitude::float8,
        'longitude', p.longitude::float8)
      FROM engagements_place p WHERE p.engagement_id = e.id ORDER BY p.id),
  'participations', ARRAY(SELECT json_build_object(
        'actor', (SELECT json_build_object(
              'reference', s.reference, 'name', s.name, 'type', s.type_id, 'level', s.level,
              'country', s.country_id,
              'parent', (SELECT reference FROM stakeholders_stakeholder
                         WHERE id = s.parent_id),
              'other_names', ARRAY(SELECT name FROM stakeholders_othername
                                   WHERE stakeholder_id = s.id ORDER BY name COLLATE "C"),
              'identifiers', ARRAY(SELECT json_build_array(scheme, value)
                                   FROM stakeholders_identifier WHERE stakeholder_id = s.id
                                   ORDER BY scheme, value))
            FROM stakeholders_stakeholder s WHERE s.id = p.stakeholder_id),
        'actor_type', p.actor_type_id, 'role', p.role_id, 'capacity', p.capacity_id,
        'side', p.side, 'people_min', p.people_min, 'people_max', p.people_max,
        'women_min', p.women_min, 'disclosure', p.disclosure,
        'consent_basis', p.consent_basis, 'announced', p.announced,
        'under_rule', p.under_rule,
        'sources', ARRAY(SELECT s.reference
                         FROM engagements_participation_sources ps
                         JOIN engagements_source s ON s.id = ps.source_id
                         WHERE ps.participation_id = p.id ORDER BY s.id))
      FROM engagements_participation p WHERE p.engagement_id = e.id ORDER BY p.id),
  'sources', ARRAY(SELECT json_build_object(
        'reference', s.reference, 'kind', s.kind, 'independence', s.independence,
        'title', s.title, 'author', s.author, 'publisher', s.publisher, 'url', s.url,
        'archive_url', s.archive_url, 'published', s.published, 'accessed', s.accessed,
        'locator_type', s.locator_type, 'locator', s.locator, 'language', s.language,
        'supports', s.supports, 'withheld', s.withheld, 'chatham_safe', s.chatham_safe)
      FROM engagements_source s WHERE s.engagement_id = e.id ORDER BY s.id),
  'outcomes', ARRAY(SELECT json_build_object(
        'kind', o.kind, 'statement', o.statement, 'date', o.date,
        'reported_by', o.reported_by,
        'source', (SELECT reference FROM engagements_source WHERE id = o.source_id))
      FROM engagements_outcome o WHERE o.engagement_id = e.id ORDER BY o.id),
  'exercise', (SELECT json_build_object(
        'form', d.form, 'environments', ARRAY(SELECT unnest(d.environments) ORDER BY 1),
        'focus', ARRAY(SELECT unnest(d.focus) ORDER BY 1),
        'live_fire', d.live_fire, 'multi_service', d.multi_service)
      FROM engagements_exercisedetails d WHERE d.engagement_id = e.id),
  'exchange', (SELECT json_build_object(
        'course', d.course, 'sending_side', d.sending_side,
        'receiving_side', d.receiving_side, 'people', d.people, 'days', d.days)
      FROM engagements_exchangedetails d WHERE d.engagement_id = e.id),
  'peace_operation', (SELECT json_build_object(
        'mandating_bodies', ARRAY(SELECT unnest(d.mandating_bodies) ORDER BY 1),
        'mandate_document', d.mandate_document,
        'authorised_strength', d.authorised_strength,
        'tasks', ARRAY(SELECT unnest(d.tasks) ORDER BY 1))
      FROM engagements_peaceoperationdetails d WHERE d.engagement_id = e.id),
  'dialogue', (SELECT json_build_object(
        'format', d.format, 'rounds', d.rounds, 'facilitation', d.facilitation,
        'sides', d.sides, 'confidentiality', d.confidentiality)
      FROM engagements_dialoguedetails d WHERE d.engagement_id = e.id),
  'related', ARRAY(SELECT json_build_object('kind', r.kind, 'reference', t.reference)
      FROM engagements_relatedengagement r JOIN engagements_engagement t ON t.id = r.target_id
      WHERE r.engagement_id = e.id ORDER BY r.id),
  'conduct', (SELECT json_build_object(
        'assessed_on', c.assessed_on,
        'own_work', c.assessor_id = e.created_by_id,
        'findings', ARRAY(SELECT json_build_object(
              'criterion', f.criterion_id, 'rating', f.rating, 'note', f.public_note)
            FROM engagements_criterionfinding f WHERE f.assessment_id = c.id
            ORDER BY f.criterion_id))
      FROM engagements_conductassessment c WHERE c.engagement_id = e.id
      ORDER BY c.recorded_at DESC, c.id DESC LIMIT 1)
)
FROM engagements_engagement e
WHERE e.id = ANY(%s)
"""


def take(engagement_ids: Iterable[int]) -> dict[int, Snapshot]:
    """Return a snapshot of each engagement by its id, without a review yet."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Right after a load the planner has no figures yet and would read whole tables once a
        # record; every part is found through its index.
        cursor.execute("SELECT set_config('enable_seqscan', 'off', true)")
        cursor.execute(QUERY, [list(engagement_ids)])
        snapshots = dict(cursor.fetchall())
        cursor.execute("SELECT set_config('enable_seqscan', 'on', true)")
    for snapshot in snapshots.values():
        snapshot["review"] = dict(UNREVIEWED)
    return snapshots


UNREVIEWED = {
    "decision": "",
    "kind": "individual",
    "decided_on": None,
    "valid_until": None,
    "sample_size": None,
    "own_work": False,
    "conditions": [],
}


def with_review(snapshot: Snapshot, review, *, own_work: bool = False) -> Snapshot:
    """Return ``snapshot`` with the public facts of a review: never a reviewer's name.

    ``own_work`` says that whoever publishes it also logged it.
    """
    return snapshot | {
        "review": {
            "decision": review.decision,
            "kind": review.kind,
            "decided_on": review.decided_at.date().isoformat(),
            "valid_until": review.valid_until.isoformat() if review.valid_until else None,
            "sample_size": review.sample_size,
            "own_work": review.own_work or own_work,
            "conditions": [
                {
                    "text": condition.text,
                    "due": condition.due.isoformat() if condition.due else None,
                    "met": condition.met_on.isoformat() if condition.met_on else None,
                }
                for condition in review.conditions.all()
            ],
        }
    }
