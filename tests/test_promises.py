"""A promise, end to end: after it, the name is in no public byte and in no public table.

First the walk finds the name wherever a name can stand. Then somebody protects the person, in the
admin as it happens in life, and the same walk finds nothing. After an erasure no table of the
database has it, history and Django's own tables included.
"""

import threading
from io import StringIO

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from engagements import blocks, erasure, protection
from milidip.catalogue.citing import FORMATS
from milidip.roles import owner_role
from stakeholders.models import Identifier, OtherName, PersonRequest
from tests.engagements.screens import send
from tests.factories import (
    EngagementFactory,
    OutcomeFactory,
    ParticipationFactory,
    PlaceFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)
from tests.test_policies import ANSWERS, World, body, ways_to_ask

# No stem and no word of any language: also search vectors hold it as it is.
FIRST, LAST, ALIAS = "Aurelix", "Quillvorn", "Zorbel"
TRACES = (FIRST.casefold(), LAST.casefold(), ALIAS.casefold(), "q987654321")


class Exposed(World):
    """The world of the policies, with somebody in it who is named, with consent, everywhere."""

    def __init__(self):
        super().__init__()
        self.named = StakeholderFactory(person=True, name=f"{FIRST} {LAST}", country_id="NOR")
        OtherName.objects.create(stakeholder=self.named, name=f"{ALIAS} {LAST}")
        Identifier.objects.create(stakeholder=self.named, scheme="wikidata", value="Q987654321")
        self.records = [self.who_took_part(), self.in_texts(), self.in_a_note(), self.in_a_name()]
        blocks.choose_words(1)  # so every word is a frequent one, and kept as such

    def who_took_part(self):
        """Named in two versions, and in nothing else."""
        record = EngagementFactory(title="Visit of a delegation")
        ParticipationFactory(engagement=record, stakeholder=self.named, with_consent=True)
        clear(record)
        publish(record)
        record.summary = "Corrected."
        record.save()
        clear(record)
        publish(record, change_note="Summary")
        return record

    def in_texts(self):
        record = EngagementFactory(
            title=f"Lecture by {FIRST} {LAST}",
            summary=f"{LAST}, {FIRST} spoke on {ALIAS} {LAST}.",
            source__url=f"https://news.example/{FIRST}-{LAST}/".lower(),
        )
        OutcomeFactory(engagement=record, statement=f"{FIRST} {LAST} comes again.")
        PlaceFactory(engagement=record, name=f"House of {FIRST} {LAST}")
        SourceFactory(engagement=record, author=f"{FIRST} {LAST}", title=f"{ALIAS} {LAST}: a life")
        clear(record)
        publish(record)
        return record

    def in_a_note(self):
        record = EngagementFactory(title="Seminar")
        clear(record)
        publish(record)
        clear(record)
        publish(record, change_note=f"After a letter of {FIRST} {LAST}")
        clear(record)
        publish(record, change_note="Dates")
        return record

    def in_a_name(self):
        foundation = StakeholderFactory(name=f"{FIRST} {LAST} Foundation", type_id="foundation")
        return EngagementFactory(title="Prize", parties=[foundation], published=True)

    def everywhere(self) -> list[str]:
        fill = [("record", [r.reference]) for r in self.records]
        fill += [("version", [r.reference, n]) for r in self.records for n in (1, 2, 3)]
        fill += [("citation", [r.reference, form]) for r in self.records for form in FORMATS]
        fill += [
            ("citation_of_version", [r.reference, n, form])
            for r in self.records
            for n in (1, 2, 3)
            for form in FORMATS
        ]
        fill += [("history", [r.reference]) for r in self.records]
        fill += [("changes", []), ("changes_atom", [])]
        fill += [("record_json", [r.reference]) for r in self.records]
        fill += [("actor", [self.named.reference]), ("sitemap_part", ["engagements", 1])]
        searches = [f"?q={word}" for word in (FIRST, LAST, ALIAS, FIRST[:4])]
        searches += ["", "?participant_country=NOR", f"?stakeholder={self.named.reference}"]
        paths = [reverse(f"catalogue:{name}", args=args) for name, args in fill]
        for name in (
            *("list", "engagements_csv", "participations_csv", "sources_csv", "actors"),
            *("engagements_xlsx", "engagements_jsonl", "participations_jsonl", "sources_jsonl"),
            *("engagements_geojson", "engagements_atom", "api_engagements", "api_sources"),
        ):
            paths += [reverse(f"catalogue:{name}") + search for search in searches]
        paths += [reverse(f"catalogue:{name}") for name in ("case_studies", "series_list")]
        paths += [reverse("catalogue:country", args=[code]) for code in ("KEN", "NOR")]
        paths += [reverse("catalogue:region", args=[code]) for code in ("202", "150")]
        paths += [reverse("catalogue:suggest") + f"?q={word}" for word in (FIRST, LAST[:3], ALIAS)]
        paths += [f"/engagements/{r.reference}/{name}/" for r in self.records for name in ANSWERS]
        return [*self.addresses(), *paths]


def found_in_public(world) -> dict[str, str]:
    """Address -> what of the person was found there, for every public address."""
    client, found = Client(), {}
    for address in world.everywhere():
        for headers in ways_to_ask(address):
            response = client.get(address, headers=headers)
            seen = (body(response).decode() + str(response.headers)).casefold()
            assert response.status_code < 500, address
            for said in address.split("?q=")[1:]:  # the reader's own words come back
                seen = seen.replace(said.casefold(), "")
            for trace in TRACES:
                if trace in seen:
                    found[address] = trace
    return found


def tables_with_a_trace(prefix: str = "") -> set[str]:
    found = set()
    with owner_role(), connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table.startswith(prefix):
                cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{table}\" t")
                text = cursor.fetchone()[0].casefold()
                found |= {table for trace in TRACES if trace in text}
    return found


def test_after_a_promise_the_name_is_in_no_public_byte_and_no_public_table(committed_db):
    world = Exposed()
    world.cut_files()
    before = found_in_public(world)
    assert sum("/data/r" in address for address in before) > 10, "the files hold the name"
    assert sum("/data/releases/" in address for address in before) > 10
    kinds = {address.split("?")[0].strip("/").split("/")[0] for address in before}
    assert kinds >= {
        *("engagements", "engagements.csv", "participations.csv", "sources.csv", "stakeholders"),
        *("changes", "changes.atom"),
    }
    assert any(address.endswith("/history/") for address in before)
    assert tables_with_a_trace("catalogue_") >= {
        f"catalogue_{name}"
        for name in (
            *("document", "search", "actor", "participation", "source", "version", "entry"),
        )
    }
    tags = {
        address: Client().get(address).headers.get("ETag") for address in ("/", "/engagements/")
    }

    staff = Client()
    staff.force_login(UserFactory(reviewer=True))
    page = reverse("admin:stakeholders_stakeholder_protect", args=[world.named.pk])
    response = send(staff, page, reason="Asked for it.")

    assert response.status_code == 200
    assert found_in_public(world) == {}
    assert tables_with_a_trace("catalogue_") == set()
    for number, name in world.released:
        assert Client().get(f"/data/releases/{number}/{name}").status_code == 410
    # Nothing cached survives, and a note says that somebody is not named.
    for address, tag in tags.items():
        again = Client().get(address, headers={"If-None-Match": tag})
        assert again.status_code == 200
    shown = Client().get(f"/engagements/{world.records[0].reference}/").content.decode()
    assert "A person took part who has not agreed to be named." in shown


def test_while_names_are_on_hold_they_are_in_no_public_byte_of_the_record(committed_db):
    world = Exposed()
    world.cut_files()
    for record in world.records:
        protection.hold_names(record, "A reader reports a risk.")

    assert found_in_public(world) == {}
    assert tables_with_a_trace("catalogue_") == set()
    for record in world.records:
        assert Client().get(f"/engagements/{record.reference}/").status_code == 200


def test_after_an_erasure_the_name_is_in_no_table_of_the_database(committed_db):
    world = Exposed()
    editor, reviewer = UserFactory(editor=True), UserFactory(reviewer=True)
    staff = Client()
    staff.force_login(editor)
    # Staff work with the name: Django's log and sessions and the history of requests know it.
    change = reverse("admin:stakeholders_stakeholder_change", args=[world.named.pk])
    send(staff, change, note=f"{FIRST} {LAST} wrote to us.")
    staff.get(reverse("admin:stakeholders_stakeholder_changelist") + f"?q={LAST}")
    PersonRequest.objects.create(
        kind="erase", stakeholder=world.named, message=f"I, {FIRST} {LAST}, ask you"
    )
    held = tables_with_a_trace()
    assert held >= {
        *("stakeholders_stakeholder", "stakeholders_stakeholderevent", "django_admin_log"),
        *("stakeholders_othernameevent", "engagements_publication", "engagements_engagement"),
        *("engagements_engagementevent", "engagements_actorsnapshot", "engagements_sourceevent"),
        *("stakeholders_personrequest", "engagements_publicationevent", "engagements_outcome"),
    }

    asked = erasure.request_erasure(world.named, editor)
    erasure.confirm_erasure(asked, reviewer)
    call_command(
        "erase_person", world.named.reference, no_input=True, stdout=StringIO(), stderr=StringIO()
    )

    assert tables_with_a_trace() == set()
    assert found_in_public(world) == {}
    asked.refresh_from_db()
    assert asked.erased_at
    assert set(asked.rows) >= held - {"engagements_actorsnapshot"} - {
        table for table in held if table.startswith("catalogue_")
    }


def test_a_publication_under_way_does_not_slip_past_a_promise(committed_db):
    """Whichever comes first, the name is gone when both are done."""
    person = StakeholderFactory(person=True, name=f"{FIRST} {LAST}")
    record = EngagementFactory()
    ParticipationFactory(engagement=record, stakeholder=person, with_consent=True)
    clear(record)
    editor = UserFactory(editor=True)
    rendered, promised = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def promise() -> None:
        try:
            rendered.wait(10)
            protection.protect(person, editor, "Asked for it.")
        except BaseException as error:
            failed.append(error)
        finally:
            promised.set()
            connection.close()

    thread = threading.Thread(target=promise)
    thread.start()
    with transaction.atomic():
        publish(record, by=editor)
        rendered.set()
        assert not promised.wait(0.5)  # it waits for the register
    thread.join(10)

    assert failed == []
    assert tables_with_a_trace("catalogue_") == set()
