"""Imports at their pages: from the upload to the corrected file, in a browser and without one."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from engagements.models import Engagement, Import, ImportRow
from tests.engagements.test_admin_browser import assert_accessible, sign_in
from tests.factories import EngagementFactory, StakeholderFactory, UserFactory, clear, publish

if TYPE_CHECKING:
    from playwright.sync_api import Page

ADD = "/admin/engagements/import/add/"
DESK = """Ref no,Exercise name,Start date,End date,Country,Location,Participants,Remarks
a1,Brave Heron 24,14/05/2024,20/05/2024,Norway,Bodø,Norway; Denmark,
a2,Quiet Lynx 23,31/11/2023,2/12/2023,FIN,Rovaniemi,Finland; Sweden,"+44 twice"
a3,'=Silent مناورة الصقر,2021,,Jordan,Zarqa,"Armee royale|armed_force|JOR|host",
"""


def upload(client: Client, name: str, content: bytes) -> Import:
    client.post(ADD, {"file": SimpleUploadedFile(name, content)})
    return Import.objects.latest("pk")


def answer(client: Client, batch: Import, **said: str):
    address = reverse("admin:engagements_import_change", args=[batch.pk])
    return client.post(address, said, follow=True)


def report(client: Client, batch: Import) -> list[dict[str, str]]:
    address = reverse("admin:engagements_import_refused", args=[batch.pk])
    text = b"".join(client.get(address).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_file_goes_from_the_upload_to_its_corrected_rows(page: "Page", tmp_path: Path) -> None:
    StakeholderFactory(name="Armée royale", type_id="armed_force", country_id="JOR")
    sign_in(page, contributor=True)
    page.goto(ADD)
    assert_accessible(page)
    file = tmp_path / "desk.csv"
    file.write_bytes(DESK.encode())
    page.set_input_files("#id_file", str(file))
    page.get_by_role("button", name="Upload").click()

    # The columns are matched by their names; what they do not say is asked.
    page.wait_for_selector("#id_kind")
    chosen = [page.input_value(f"#id_column_{number}") for number in range(8)]
    assert chosen[2:] == [
        "date_start", "date_end", "place_country", "place_name", "participants", "note",
    ]  # fmt: skip
    assert_accessible(page)
    page.select_option("#id_column_0", "source_id")
    page.select_option("#id_column_1", "title")
    page.get_by_role("button", name="Check the rows").click()
    page.wait_for_selector("text=Give the collection a name.")
    page.fill("#id_dataset", "Desk 2024")
    page.fill("#id_citation", "Our own list")
    page.select_option("#id_activity", "joint_exercise")
    page.select_option("#id_order", "dmy")
    page.get_by_role("button", name="Check the rows").click()

    # What would happen, and nothing has.
    page.wait_for_selector("text=Nothing is written yet.")
    assert_accessible(page)
    assert page.inner_text(".import-tabs").split() == [
        "All", "rows", "3", "New", "2", "Would", "change", "0", "Unchanged", "0", "Refused", "1",
    ]  # fmt: skip
    assert "has the day 31" in page.inner_text("tbody")
    assert not Engagement.objects.exists()

    # It is imported, and what was refused comes home with its reason.
    page.click("input[type=submit][value=Import]")
    page.wait_for_selector("text=The import is done.")
    assert set(Engagement.objects.values_list("title", "state")) == {
        ("Brave Heron 24", "draft"),
        ("=Silent مناورة الصقر", "draft"),
    }
    with page.expect_download() as download:
        page.click("text=Download the refused row")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    (refused,) = csv.DictReader(io.StringIO(text))
    assert refused["Exercise name"] == "Quiet Lynx 23"
    assert refused["Remarks"] == "'+44 twice"
    assert "has the day 31" in refused["import_reason"]

    # Corrected, it is uploaded again, and how its columns were matched is remembered.
    again = tmp_path / "again.csv"
    again.write_text(text.replace("31/11/2023", "30/11/2023"), encoding="utf-8-sig")
    page.goto(ADD)
    page.set_input_files("#id_file", str(again))
    page.get_by_role("button", name="Upload").click()
    page.wait_for_selector("#id_kind")
    assert page.input_value("#id_dataset") == "Desk 2024"
    page.get_by_role("button", name="Check the rows").click()
    page.wait_for_selector("text=Nothing is written yet.")
    page.click("input[type=submit][value=Import]")
    page.wait_for_selector("text=The import is done.")
    lynx = Engagement.objects.get(title="Quiet Lynx 23")
    assert (lynx.start, lynx.working_note) == ("2023-11-30", "+44 twice")

    # On a phone nothing scrolls sideways.
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert_accessible(page)


@pytest.mark.django_db
class TestWithoutScript:
    def test_the_export_comes_back_with_a_cell_changed(self) -> None:
        from engagements.importing.register import exported
        from milidip.catalogue.models import Register

        record = EngagementFactory()
        clear(record)
        publish(record)
        revision = Register.objects.get().revision
        row = exported([record.reference], revision)[record.reference] | {"title": "Another"}
        text = io.StringIO()
        table = csv.DictWriter(text, list(row))
        table.writeheader()
        table.writerow(row)
        client = Client()
        client.force_login(UserFactory(editor=True))
        batch = upload(client, "engagements.csv", text.getvalue().encode())
        page = client.get(reverse("admin:engagements_import_change", args=[batch.pk]))
        assert page.context["form"].initial["kind"] == "register"
        answer(client, batch, do="match", kind="register")
        answer(client, batch, do="step")
        assert ImportRow.objects.get().changes == [["title", record.title, "Another"]]
        answer(client, batch, do="start", how="whole")
        page = answer(client, batch, do="step")
        assert "The import is done." in page.content.decode()
        record.refresh_from_db()
        assert (record.title, record.state) == ("Another", "published")

    def test_an_import_is_its_owner_s_alone(self) -> None:
        owner, other = Client(), Client()
        owner.force_login(UserFactory(contributor=True))
        other.force_login(UserFactory(editor=True))
        batch = upload(owner, "desk.csv", DESK.encode())
        address = reverse("admin:engagements_import_change", args=[batch.pk])
        assert owner.get(address).status_code == 200
        assert other.get(address).status_code == 302
        assert other.post(address, {"do": "discard"}).status_code == 302
        refused = reverse("admin:engagements_import_refused", args=[batch.pk])
        assert other.get(refused).status_code == 403
        assert Import.objects.get() == batch
        answer(owner, batch, do="discard")
        assert not ImportRow.objects.exists()

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("desk.csv", "a,b\n1,caf\xe9\n".encode("cp1252"), "desk.csv is not UTF-8"),
            ("desk.csv", b"", "empty"),
            ("desk.csv", b"a,b\n", "no rows below its header"),
            ("desk.csv", b"a,a\n1,2\n", "column a more than once"),
            ("desk.xlsx", b"PK\x03\x04nothing", "no Excel workbook that can be read"),
            ("desk.xls", b"\xd0\xcf", "Save it as .xlsx"),
        ],
    )
    def test_a_file_that_cannot_be_read_says_why(self, name, content, reason) -> None:
        client = Client()
        client.force_login(UserFactory(contributor=True))
        page = client.post(ADD, {"file": SimpleUploadedFile(name, content)})
        assert reason in page.content.decode()
        assert not Import.objects.exists()

    def test_a_row_with_too_many_cells_is_refused_and_comes_home(self) -> None:
        client = Client()
        client.force_login(UserFactory(contributor=True))
        batch = upload(client, "d.csv", b"MD,reference,title\n1,MD-000000,a,b\n2,MD-000000,c\n")
        answer(client, batch, do="match", kind="register")
        answer(client, batch, do="step")
        rows = report(client, batch)
        assert [row["title"] for row in rows] == ["a", "c"]
        assert "4 cells and the header 3" in rows[0]["import_reason"]
        assert "no record that is public" in rows[1]["import_reason"]
