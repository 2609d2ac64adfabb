"""Every type of page passes the Nu HTML checker, without an error or a warning but one.

The checker is a Java program from the npm package `vnu-jar`; `.ci/run` brings it to `var/vnu`.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from .factories import ActorFactory, EntryFactory

JAR = Path(
    os.environ.get("VNU_JAR")
    or settings.BASE_DIR / "var/vnu/node_modules/vnu-jar/build/dist/vnu.jar"
)
# A list without bullets is no list to Safari unless it says so.
WANTED = {f"The “list” role is unnecessary for element “{name}”." for name in ("ul", "ol")}
PAGES = (
    "/",
    "/track-iii/",
    "/engagements/?touches=3&region=002&after=2019",
    "/engagements/?view=table",
    "/engagements/?view=map",
    "/engagements/?view=time",
    "/engagements/?view=time&after=2019&before=2019",
    "/engagements/?q=wunlt&touches=3",
    "/engagements/?track=9",
    "/engagements/cite/?touches=3",
    "/reports/?rows=region&columns=family",
    "/stakeholders/",
    "/codebook/",
    "/about/",
    "/styleguide/",
    "/nothing/",
)


@pytest.fixture
def jar() -> Path:
    if not (shutil.which("java") and JAR.exists()):
        message = "No Nu HTML checker: needs java, and vnu.jar (environment variable VNU_JAR)."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return JAR


def test_every_type_of_page_is_valid_html(db, client, jar, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "STYLEGUIDE", True)
    army = ActorFactory(name="Kenya Defence Forces")
    record = EntryFactory(
        title="Talks & “walks” <b>", touches=("1", "3"), participants=[(army, "host")], version=2
    )
    EntryFactory(title="قوة", latitude="0.01", longitude="37.07", source_dataset="MME v7")
    own = (record.get_absolute_url(), f"{record.get_absolute_url()}v1/", army.get_absolute_url())
    files = {}
    for number, address in enumerate((*PAGES, *own)):
        file = tmp_path / f"{number:02}.html"
        file.write_text(client.get(address).text, encoding="utf-8")
        files[file.name] = address
    done = subprocess.run(
        ["java", "-Xmx512m", "-jar", jar, "--format", "json", *sorted(tmp_path.glob("*.html"))],
        capture_output=True,
        check=False,
    )
    messages = json.loads(done.stderr)["messages"]
    found = [
        (files[message["url"].rpartition("/")[2]], message["message"], message.get("extract"))
        for message in messages
        if message["message"] not in WANTED and message["type"] != "non-document-error"
    ]
    assert found == []
