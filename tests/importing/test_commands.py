"""The commands: who may publish, what is said, and the sample that ships with the project."""

import csv
import io
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from engagements.importing import accounts
from engagements.importing.run import LOCK
from engagements.models import Engagement, EthicalReview, Publication
from milidip.catalogue.models import Entry
from milidip.codebook.choices import ReviewKind, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


def imported(path, *options):
    said = io.StringIO()
    call_command("import_engagements", str(path), *options, stdout=said, stderr=io.StringIO())
    return said.getvalue()


def test_the_numbers_and_the_refusals_are_told(write):
    said = imported(write({}, {"source_id": "mme2", "start_date_raw": "2/30/90"}))
    assert "line 3: MME v7 mme2 refused: start_date_raw “2/30/90” has the day 30" in said
    assert "2 rows: 1 created, 0 updated, 0 unchanged, 1 refused." in said
    assert Engagement.objects.get().created_by.username == accounts.IMPORTER


def test_nobody_can_log_in_as_the_importer(write):
    imported(write({}))
    importer = User.objects.get(username=accounts.IMPORTER)
    assert not importer.has_usable_password()
    assert not importer.is_staff


def test_a_dry_run_says_so_and_writes_nothing(write):
    assert "1 created, 0 updated, 0 unchanged, 0 refused. Dry run" in imported(
        write({}), "--dry-run"
    )
    assert not Engagement.objects.exists()


def test_a_report_lists_every_row(write, tmp_path):
    report = tmp_path / "report.csv"
    imported(
        write({"source_id": "=1"}, {"source_id": "mme2", "start_date_raw": "x"}),
        "--report",
        str(report),
    )
    with report.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == ["created", "refused"]
    assert rows[0]["source_id"] == "'=1"
    assert rows[0]["reference"] == Engagement.objects.get().reference
    assert rows[1]["line"] == "3"
    assert "start_date_raw" in rows[1]["reason"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--publish"], "NAME must be a superuser"),
        (["--publish", "--user", "clerk"], "NAME must be a superuser"),
        (["--user", "nobody"], "no active user nobody"),
        (["--report", "/no/such/place.csv"], "No such file"),
    ],
)
def test_a_command_that_cannot_be_done_is_refused_before_anything_is_written(
    write, options, reason
):
    User.objects.create_user("clerk")
    with pytest.raises(CommandError, match=reason):
        imported(write({}), *options)
    assert not Engagement.objects.exists()


def test_the_report_never_overwrites_the_file(write):
    path = write({})
    with pytest.raises(CommandError, match="overwrite"):
        imported(path, "--report", str(path))


def test_a_file_that_cannot_be_read_is_an_error_that_says_why(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("title\nA\n", encoding="utf-8")
    with pytest.raises(CommandError, match="has no column source_dataset, source_id"):
        imported(path)


def test_another_import_is_waited_for_by_a_person(write):
    from django.db import connection

    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(CommandError, match="Another import is running"):
            imported(write({}))
        with other.cursor() as cursor:
            # The server lets go of it some time after a connection is closed.
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    finally:
        other.close()


def test_a_trusted_load_is_published_as_not_individually_reviewed(write, boss):
    said = imported(write({}), "--publish", "--user", "boss")
    assert "1 published" in said
    engagement = Engagement.objects.get()
    assert engagement.created_by.username == accounts.IMPORTER
    review = EthicalReview.objects.get()
    assert (review.kind, review.reviewer) == (ReviewKind.BULK, boss)
    assert "rows.csv" in review.reason
    assert Entry.objects.get().reference == engagement.reference


def test_a_trusted_load_publishes_no_guessed_track_2_or_3(write, boss):
    guesses = {"official": "I", "unofficial": "II", "people": "III", "unknown": ""}
    rows = [{"source_id": name, "track_level_guess": guess} for name, guess in guesses.items()]
    said = imported(write(*rows), "--publish", "--user", "boss")
    assert "2 published" in said
    assert said.count("1 not published: Track") == 2
    public = Publication.objects.values_list("engagement__source_id", flat=True)
    assert set(public) == {"official", "unknown"}


def test_a_second_trusted_load_publishes_nothing_new(write, boss):
    path = write({})
    imported(path, "--publish", "--user", "boss")
    assert "0 published, 1 already public" in imported(path, "--publish", "--user", "boss")
    assert Publication.objects.count() == 1


def test_a_changed_row_changes_nothing_public_by_itself(write, boss):
    imported(write({}), "--publish", "--user", "boss")
    imported(write({"title": "Another"}))
    assert Entry.objects.get().sort_key == "spring meeting 90"
    assert Engagement.objects.get().state == State.PUBLISHED


def test_what_somebody_has_worked_on_is_not_published_in_bulk(write, boss):
    path = write({})
    imported(path)
    Engagement.objects.update(title="Edited", updated_by=User.objects.create_user("clerk"))
    said = imported(path, "--publish", "--user", "boss")
    assert "1 not published: somebody has worked on them" in said
    assert not Entry.objects.exists()


def load_sample():
    said = io.StringIO()
    call_command("load_sample", stdout=said, stderr=io.StringIO())
    return said.getvalue()


def test_the_sample_loads_whole_and_claims_no_more_than_it_is():
    """One test, since loading it takes some seconds."""
    said = load_sample()
    assert "curated.csv: 152 rows: 152 created, 0 updated, 0 unchanged, 0 refused." in said
    assert "engagements.csv: 339 rows: 339 created, 0 updated, 0 unchanged, 0 refused." in said

    # What may expose people who mediate locally waits for a reviewer.
    waiting = Engagement.objects.awaiting_review()
    assert waiting.count() == 26
    assert not Publication.objects.filter(engagement__in=waiting).exists()
    assert "26 records of the sample wait for review." in said

    # The rest is public, Track III first, and says how it was reviewed.
    assert Entry.objects.count() > 400
    assert Entry.objects.filter(touches__contains=["3"]).count() > 70
    curated = EthicalReview.objects.filter(engagement__source_dataset="milidip sample")
    studies = EthicalReview.objects.filter(engagement__case_study=True)
    assert set(studies.values_list("kind", "sample_size")) == {(ReviewKind.BULK_SAMPLED, 8)}
    curated = curated.exclude(pk__in=studies)
    assert set(curated.values_list("kind", "sample_size")) == {(ReviewKind.BULK_SAMPLED, 152)}
    others = EthicalReview.objects.exclude(engagement__source_dataset="milidip sample")
    others = others.exclude(pk__in=studies)
    assert set(others.values_list("kind", flat=True)) == {ReviewKind.BULK}

    # The case studies are public, each of their citations leads to a source, and none is short.
    told = Entry.objects.case_studies().select_related("document")
    assert told.count() == 8
    for entry in told:
        document = entry.document.data
        cited = {int(number) for number in re.findall(r"\[(\d+)\]", document["narrative"])}
        assert cited == set(range(1, len(document["sources"]) + 1)), entry.document.title
        assert 250 <= len(document["narrative"].split()) <= 500, entry.document.title
        assert not any(source["rule"] for source in document["sources"])

    # Under the Chatham House Rule only conveners and their own pages are named.
    closed = Engagement.objects.filter(source_dataset="milidip sample", marking="chatham_house")
    assert closed.count() == 16
    for engagement in closed.prefetch_related("sources", "participations"):
        for source in engagement.sources.all():
            assert source.chatham_safe == (source.independence == "party")
        for line in engagement.participations.all():
            convenes = line.stakeholder_id and line.role_id in ("organiser", "host", "funder")
            assert line.announced == bool(convenes)

    # No account that it makes has rights of its own.
    for name in (accounts.IMPORTER, accounts.SAMPLE_REVIEWER):
        account = User.objects.get(username=name)
        assert not account.is_superuser
        assert not account.is_staff
        assert not account.has_usable_password()


def test_loading_the_sample_again_changes_nothing_and_publishes_no_work_of_staff():
    load_sample()
    guessed = Engagement.objects.filter(state=State.DRAFT).first()
    guessed.track_basis = "coder_judgement"
    guessed.updated_by = User.objects.create_user("clerk")
    guessed.save()
    before = list(Engagement.objects.values("reference", "state", "updated_at").order_by("pk"))
    versions = Publication.objects.count()

    said = load_sample()
    assert "152 rows: 0 created, 0 updated, 152 unchanged, 0 refused." in said
    assert "339 rows: 0 created, 0 updated, 339 unchanged, 0 refused." in said
    after = list(Engagement.objects.values("reference", "state", "updated_at").order_by("pk"))
    assert after == before
    assert Publication.objects.count() == versions
