"""Fill in a page as a browser would: what stands in its fields is sent back, changed or not."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client


class Fields(HTMLParser):
    """The values that a browser would send, by field name."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.select: str | None = None
        self.first: str | None = None
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name")
        if tag == "input" and name and found.get("type") not in ("submit", "button"):
            ticked = found.get("type") not in ("checkbox", "radio") or "checked" in found
            self.values.setdefault(name, [])
            if ticked:
                # A box without a value of its own is sent as "on".
                is_box = found.get("type") in ("checkbox", "radio")
                self.values[name].append(found.get("value") or ("on" if is_box else ""))
        elif tag == "select" and name:
            self.select, self.first = name, None
            self.values[name] = []
            self.multiple = "multiple" in found
        elif tag == "option" and self.select:
            value = found.get("value") or ""
            if self.first is None:
                self.first = value
            if "selected" in found:
                self.values[self.select].append(value)
        elif tag == "textarea" and name:
            self.textarea = name
            self.values[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select:
            if not self.values[self.select] and not self.multiple and self.first is not None:
                self.values[self.select].append(self.first)
            self.select = None
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea][0] += data.removeprefix("\n")


def fields_of(response: HttpResponse) -> dict[str, Any]:
    parser = Fields()
    parser.feed(response.content.decode())
    return {
        name: values
        for name, values in parser.values.items()
        if values and "__prefix__" not in name and name not in ("q", "csrfmiddlewaretoken")
    }


def send(client: Any, url: str, *, button: str = "_continue", **changes: Any) -> HttpResponse:
    """Open ``url``, change some fields and press a button; ``__`` in a name stands for ``-``."""
    page = client.get(url)
    assert page.status_code == 200, page.status_code
    data = fields_of(page)
    for name, value in changes.items():
        data[name.replace("__", "-")] = value
    data = {name: value for name, value in data.items() if value is not None}
    return client.post(url, {**data, button: "1"}, follow=True)


SAFE = {
    "identifiable": "no",
    "harm_risk": "no",
    "operationally_safe": "on",
    "nothing_classified": "on",
    "right_to_publish": "on",
    "reason": "Read in full.",
}


def decide(client: Any, url: str, action: str = "clear", **changes: Any) -> HttpResponse:
    """Open the review screen, answer everything as harmless, change some answers and decide.

    Where the screen does not open, the answers are sent all the same.
    """
    page = client.get(url)
    data: dict[str, Any] = fields_of(page) if page.status_code == 200 else {}
    data |= dict.fromkeys(re.findall(r'name="(consent_[^"]+)"', page.content.decode()), "on")
    data |= SAFE | {name.replace("__", "-"): value for name, value in changes.items()}
    data = {name: value for name, value in data.items() if value is not None}
    return client.post(url, data | {"action": action}, follow=True)


# What a browser says of a form on a page that sends no referrer.
FROM_THE_PAGE = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
TOLD = {
    "title": "Elders and soldiers talk about the road",
    "happened": "They met at the well and agreed who opens the road.",
    "when": "in the dry season of 2019",
    "start": "2019-02",
    "end": "",
    "status": "completed",
    "country": "KEN",
    "place": "Wajir",
    "held": "open",
    "named": "yes",
    "own_words": "on",
    "nothing_secret": "on",
    "people_know": "on",
    "who-INITIAL_FORMS": "0",
}


def guests(*rows: dict[str, str]) -> dict[str, str]:
    """The fields of the rows of who took part."""
    fields = {"who-TOTAL_FORMS": str(len(rows))}
    for number, row in enumerate(rows):
        for name, value in ({"role": "participant"} | row).items():
            fields[f"who-{number}-{name}"] = value
    return fields


def send_in(
    token: str,
    *rows: dict[str, str],
    client: Client | None = None,
    language: str = "",
    headers: dict[str, str] = FROM_THE_PAGE,
    button: str = "send",
    **changes: Any,
) -> HttpResponse:
    """Send what somebody who was invited would, with some changes; None leaves a field out."""
    fields = {**TOLD, **guests(*rows), **changes, button: "1"}
    sent = {name: value for name, value in fields.items() if value is not None}
    return (client or Client()).post(
        f"{language}/invited/{token}/",
        urlencode(sent, doseq=True),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )
