"""Releases keep their bytes and their numbers, and hold nobody who was promised protection."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from engagements import erasure, protection, releases, workflow
from engagements.recall import recall
from milidip.catalogue.files import shelf
from milidip.catalogue.models import Entry, Register, Release, ReleaseRecord
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.usefixtures("committed_db")

NAME = "Aurelix Quillvorn"


@pytest.fixture(autouse=True)
def data_root(settings, tmp_path):
    settings.DATA_ROOT = tmp_path / "data"
    return settings.DATA_ROOT


@pytest.fixture
def editor():
    return UserFactory(editor=True)


@pytest.fixture
def person():
    return StakeholderFactory(person=True, name=NAME)


@pytest.fixture
def naming(person):
    """A public record that names somebody."""
    record = EngagementFactory(title="Visit")
    ParticipationFactory(engagement=record, stakeholder=person, with_consent=True)
    clear(record)
    publish(record)
    return record


def make(*arguments: str, name: str = "make_release") -> str:
    said = io.StringIO()
    call_command(name, *arguments, stdout=said, stderr=said)
    return said.getvalue()


def cut_everything() -> Release:
    make(name="make_data_files")
    make()
    return Release.objects.first()


def asked(client, path: str, **headers: str):
    """The answer to a request whose body nobody reads."""
    response = client.get(path, headers=headers)
    response.close()
    return response


def bytes_of(release: Release) -> dict[str, bytes]:
    folder = shelf.release_folder(release.number)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def changes_of(client, release: Release) -> list[tuple[str, ...]]:
    text = client.get(f"{release.get_absolute_url()}changes.csv").getvalue().decode()
    return [tuple(row.values()) for row in csv.DictReader(io.StringIO(text))]


def files_with(text: str, root: Path) -> list[str]:
    """Files on the disk that hold a text; packed ones are read."""
    found = []
    for path in root.rglob("*"):
        if path.suffix == ".parquet":
            content = str(pd.read_parquet(path).to_dict()).encode()
        else:
            content = path.read_bytes() if path.is_file() else b""
        if text.encode() in content:
            found.append(path.name)
    return found


# --- making them --------------------------------------------------------------------------------


def test_releases_of_a_year_are_counted_and_say_what_changed(client, editor):
    kept, corrected = (EngagementFactory(published=True) for _ in range(2))
    make()
    first = Release.objects.get()
    year = first.made_on.year
    assert first.number == f"{year}.1"
    corrected.title = "Exercise, corrected"
    corrected.save()
    clear(corrected)
    publish(corrected)
    added = EngagementFactory(published=True)
    make()
    second = Release.objects.first()

    assert second.number == f"{year}.2"
    assert (second.since, second.added, second.changed, second.withdrawn) == (
        first.number,
        1,
        1,
        0,
    )
    assert changes_of(client, second) == [
        ("added", added.reference, "", "1"),
        ("changed", corrected.reference, "1", "2"),
    ]
    assert kept.reference not in str(changes_of(client, second))
    page = client.get("/data/releases/").text
    assert page.index(second.number) < page.index(f"releases/{first.number}/")


def test_a_release_keeps_its_bytes_while_the_register_goes_on(client):
    EngagementFactory(published=True)
    make()
    release = Release.objects.get()
    before = bytes_of(release)
    EngagementFactory(published=True)

    response = client.get(f"{release.get_absolute_url()}engagements.csv")

    assert response.getvalue() == before["engagements.csv"]
    assert bytes_of(release) == before
    assert f"release {release.number}" in client.get(release.get_absolute_url()).text


def test_a_release_has_the_bytes_of_the_ready_files_of_its_revision(client):
    EngagementFactory(published=True)
    release = cut_everything()
    ready = shelf.newest()

    for file in ready.files:
        if file.name in ("datapackage.json", "SHA256SUMS") or file.name.endswith(
            (".xlsx", ".geojson")
        ):
            continue  # they say where they come from
        assert (ready.path / file.name).read_bytes() == bytes_of(release)[file.name], file.name


def test_an_unchanged_register_is_not_released_twice():
    EngagementFactory(published=True)
    make()

    with pytest.raises(CommandError, match="already"):
        make()
    assert Release.objects.count() == 1


# --- promises -----------------------------------------------------------------------------------


def protect(person, naming, editor):
    protection.protect(person, editor, "Asked for it.")


def hold_the_names(person, naming, editor):
    protection.hold_names(naming, "A reader reports a risk.")


def hold_the_record(person, naming, editor):
    protection.hold_record(naming, editor, "Looked at.")


def withdraw(person, naming, editor):
    workflow.withdraw(naming, editor, "A mistake.")


def mark_more_strictly(person, naming, editor):
    naming.marking = "restricted"
    naming.save()
    protection.marking_changed(naming)


def take_the_person_out(person, naming, editor):
    naming.participations.filter(stakeholder=person).delete()
    clear(naming)
    publish(naming)


def erase(person, naming, editor):
    asked = erasure.request_erasure(person, editor)
    erasure.confirm_erasure(asked, UserFactory(reviewer=True))
    call_command(
        "erase_person", person.reference, no_input=True, stdout=io.StringIO(), stderr=io.StringIO()
    )


WAYS = [
    *(protect, hold_the_names, hold_the_record, withdraw, mark_more_strictly),
    *(take_the_person_out, erase),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_taken_back_leaves_files_and_releases_at_once(
    client, editor, person, naming, data_root, way
):
    EngagementFactory(title="Another", published=True)
    release = cut_everything()
    ready = shelf.newest()
    old = [f"{release.get_absolute_url()}{file.name}" for file in ready.files]
    old += [f"/data/r{ready.about.revision}/{file.name}" for file in ready.files]
    tags = {address: asked(client, address)["ETag"] for address in old}
    assert files_with(NAME, data_root)

    way(person, naming, editor)

    for address in old:
        assert asked(client, address).status_code == 410, address
        kept = asked(client, address, **{"If-None-Match": tags[address]})
        assert kept.status_code == 410, address
    assert client.get(release.get_absolute_url()).status_code == 410
    assert files_with(NAME, data_root) == []
    assert "withdrawn on" in client.get("/data/releases/").text
    assert not ReleaseRecord.objects.filter(reference=naming.reference).exclude(digest="")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_issued_again_has_the_next_number_and_not_the_name(
    client, editor, person, naming, data_root, way
):
    other = EngagementFactory(title="Another", published=True)
    old = cut_everything()
    way(person, naming, editor)
    later = EngagementFactory(title="Published after the release", published=True)

    said = make("--again")

    again = Release.objects.standing().get()
    assert again.number == f"{old.number}.1"
    assert f"issued again as {again.number}" in said
    assert files_with(NAME, data_root) == []
    text = client.get(f"{again.get_absolute_url()}engagements.csv").getvalue().decode()
    assert other.reference in text
    assert later.reference not in text
    assert (naming.reference in text) == Entry.objects.filter(reference=naming.reference).exists()
    (change,) = changes_of(client, again)
    assert change[1] == naming.reference
    assert again.number in client.get(old.get_absolute_url(), follow=True).text
    assert make("--again") == ""
    make()
    assert Release.objects.first().since == again.number


def test_the_withdrawal_is_part_of_the_promise(client, editor, person, naming):
    """Either both are there or neither is."""
    release = cut_everything()
    with transaction.atomic():
        protection.protect(person, editor, "Asked for it.")
        assert Release.objects.get().withdrawn_on
        transaction.set_rollback(True)

    assert client.get(release.get_absolute_url()).status_code == 200
    assert asked(client, f"{release.get_absolute_url()}engagements.csv").status_code == 200


def test_a_promise_concerns_also_the_release_of_a_record_that_has_left(client, naming):
    """Its clearance ended, so it is public no more; the release still has it."""
    release = cut_everything()
    revision = Register.objects.get().revision

    with transaction.atomic():
        recall([], {naming.reference})

    assert client.get(release.get_absolute_url()).status_code == 410
    assert Register.objects.get().revision == revision + 1
    with transaction.atomic():
        recall([], {naming.reference})
    assert Register.objects.get().revision == revision + 1


def test_a_promise_to_somebody_who_is_named_nowhere_leaves_no_trace(client, editor, naming):
    withheld = StakeholderFactory(person=True)
    record = EngagementFactory()
    ParticipationFactory(engagement=record, stakeholder=withheld)
    clear(record)
    publish(record)
    release = cut_everything()
    before = Register.objects.values("revision", "files_from", "changed_at").get()

    protection.protect(withheld, editor, "Asked for it.")

    assert client.get(release.get_absolute_url()).status_code == 200
    assert Register.objects.values("revision", "files_from", "changed_at").get() == before


def test_an_ordinary_correction_withdraws_nothing(client, naming):
    release = cut_everything()
    naming.summary = "Corrected."
    naming.save()
    clear(naming)
    publish(naming)

    assert client.get(release.get_absolute_url()).status_code == 200
    assert "/data/r" in client.get("/data/").text


def test_a_promise_made_while_a_release_is_cut_stops_it(
    editor, person, naming, monkeypatch, data_root
):
    real = releases.write_files

    def promised_meanwhile(*args, **kwargs):
        written = real(*args, **kwargs)
        protection.protect(person, editor, "Asked for it.")
        return written

    monkeypatch.setattr(releases, "write_files", promised_meanwhile)
    with pytest.raises(CommandError, match="run it again"):
        make()

    assert not Release.objects.exists()
    assert files_with(NAME, data_root) == []


def test_a_promise_made_while_files_are_cut_keeps_them_from_being_served(
    client, editor, person, naming, monkeypatch
):
    module = "milidip.catalogue.management.commands.make_data_files"
    real = shelf.put

    def promised_meanwhile(*args):
        protection.protect(person, editor, "Asked for it.")
        return real(*args)

    monkeypatch.setattr(f"{module}.shelf.put", promised_meanwhile)
    make(name="make_data_files")

    assert shelf.newest() is None
    assert "There are no ready files just now" in client.get("/data/").text
