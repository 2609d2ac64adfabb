"""The header is a promise: columns are appended, never renamed or reordered."""

import pytest

from milidip.catalogue.exports import GRAINS

HEADERS = {
    "engagements": """
        reference version url title title_supplied series edition summary track track_basis
        touches track3_link military_role initiated_by family activity objectives themes status
        date_start date_end start_earliest start_latest end_earliest end_latest place_names
        place_countries place_areas place_precision latitude longitude regions
        participant_countries actors actor_types actor_count people_min people_max
        exercise_form exercise_environments exercise_focus mandating_body mandate_document
        authorised_strength dialogue_format training_course outcome_kinds outcome_reported_by marking withheld source_count source_independence claim_status
        publication_review review_kind reviewed_on review_until conduct_assessment
        rating_international_standards rating_transparency_accountability rating_human_rights
        rating_national_global_balance conditions_open source_dataset source_id content_licence
        first_published last_published register_revision own_work
        exercise_live_fire exercise_multi_service mandate_tasks dialogue_rounds
        dialogue_facilitation dialogue_sides dialogue_confidentiality training_people
        training_days sending_side receiving_side case_study
    """,
    "participations": """
        engagement_reference engagement_version line actor_reference actor_name actor_type
        actor_level actor_country actor_country_cow actor_country_gw parent_reference role
        capacity side people_min people_max women_min disclosure disclosure_rule
        source_references track activity date_start start_earliest start_latest
        register_revision
    """,
    "sources": """
        source_reference engagement_reference engagement_version kind independence title author
        publisher language published accessed url archive_url locator_type locator supports
        claim_status disclosure_rule register_revision
    """,
}


@pytest.mark.parametrize("grain", GRAINS, ids=lambda grain: grain.name)
def test_the_header_is_pinned(grain):
    assert [column.name for column in grain.columns] == HEADERS[grain.name].split()


@pytest.mark.parametrize("grain", GRAINS, ids=lambda grain: grain.name)
def test_every_column_has_a_type_and_a_definition(grain):
    for column in grain.columns:
        assert column.type
        assert len(str(column.definition)) > 5, column.name
