"""Does a text hold a name, and where? Pure functions.

Names are compared tightly: folded, letters and digits only. So case, accents, punctuation, soft
hyphens and the way a name is split into words make no difference: "Al-Hassan", "al Hassan" and
"Alhassan" are one. A hit begins and ends where a word does, except in scripts that do not part
their words, and in addresses, where words run together.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from urllib.parse import unquote

ASCII_WORD = re.compile(r"[a-z0-9]+")
UNSPACED = re.compile(r"[\u2e80-\u9fff\u1100-\u11ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
# Letters that have no decomposition, but an English spelling.
LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "ħ": "h",
    }
)
UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "ø": "oe"}
)
SHORTEST_LAST_NAME = 4
SHORTEST_IN_ADDRESS = 8


def words(text: str) -> list[str]:
    """Return the words of ``text``, folded; a soft hyphen or an accent parts no word."""
    if text.isascii():
        return ASCII_WORD.findall(text.lower())
    return "".join(map(_letters, text)).split()


@lru_cache(maxsize=8192)
def _letters(char: str) -> str:
    """Return one character folded: nothing within a word, a space between two."""
    found = ""
    for part in unicodedata.normalize("NFKD", char.casefold().translate(LETTERS)):
        kind = unicodedata.category(part)
        if part.isalnum() or (kind[0] == "M" and not unicodedata.combining(part)):
            found += part  # vowel signs of Indic scripts are letters of their word
        elif kind[0] != "M" and kind != "Cf":
            found += " "
    return found


def tight(text: str) -> str:
    """Return the letters and digits of ``text`` and nothing else, folded."""
    return "".join(words(text))


def spellings(
    names: Iterable[str], *, person: bool = False, last_alone: bool = False
) -> list[str]:
    """Return the tight forms in which ``names`` may stand in a text.

    A person's name is also looked for with the last name first, and with ``last_alone`` by the
    last name, when that is long enough to tell one from another.
    """
    found: set[str] = set()
    for name in names:
        for variant in {name, name.translate(UMLAUTS)}:
            parts = words(variant)
            found.add("".join(parts))
            if len(parts) > 1 and person:
                found.add("".join([parts[-1], *parts[:-1]]))
            if len(parts) > 1 and last_alone and len(parts[-1]) >= SHORTEST_LAST_NAME:
                found.add(parts[-1])
    return sorted(found - {""})


def decoded(address: str) -> str:
    """Return an address as people read it: percent signs and punycode undone."""
    text = unquote(address)
    if "xn--" in text:
        text = re.sub(r"xn--[a-z0-9-]+", lambda match: _idna(match[0]), text, flags=re.IGNORECASE)
    return text


def _idna(label: str) -> str:
    try:
        return label.encode().decode("idna")
    except UnicodeError:
        return label


class Text:
    """A text prepared for being searched for many names."""

    __slots__ = ("_bounds", "_words", "address", "tight")

    def __init__(self, text: str, *, address: bool = False):
        self._words = words(decoded(text) if address else text)
        self._bounds: set[int] | None = None
        self.tight = "".join(self._words)
        self.address = address

    def holds(self, name: str) -> bool:
        """Tell whether the tight form ``name`` stands in it."""
        if name not in self.tight:
            return False
        if self.address and len(name) >= SHORTEST_IN_ADDRESS:
            return True
        return any(True for _ in occurrences(self.tight, name, self.bounds))

    @property
    def bounds(self) -> set[int]:
        if self._bounds is None:
            self._bounds = set(accumulate(map(len, self._words), initial=0))
        return self._bounds


def occurrences(text: str, name: str, bounds: set[int]) -> Iterator[int]:
    """Yield where ``name`` stands in the tight ``text`` as words of its own."""
    anywhere = UNSPACED.search(name) is not None
    at = text.find(name)
    while at >= 0:
        if anywhere or (at in bounds and at + len(name) in bounds):
            yield at
        at = text.find(name, at + 1)


def without(text: str, names: Iterable[str], instead: str, *, address: bool = False) -> str:
    """Return ``text`` with every one of ``names`` (tight forms) replaced by ``instead``."""
    source = decoded(text) if address else text
    letters: list[str] = []
    positions: list[int] = []
    bounds: set[int] = {0}
    for position, char in enumerate(source):
        for part in _letters(char):
            if part == " ":
                bounds.add(len(letters))
            else:
                letters.append(part)
                positions.append(position)
    bounds.add(len(letters))
    whole = "".join(letters)
    spans: list[tuple[int, int]] = []
    for name in names:
        loose = address and len(name) >= SHORTEST_IN_ADDRESS
        at = whole.find(name)
        while at >= 0:
            end = at + len(name)
            if loose or UNSPACED.search(name) or (at in bounds and end in bounds):
                spans.append((positions[at], _word_end(source, positions[end - 1])))
            at = whole.find(name, at + 1)
    if not spans:
        return text
    found, last = [], 0
    for start, end in sorted(spans):
        if start >= last:
            found += [source[last:start], instead]
        last = max(last, end)
    return "".join([*found, source[last:]])


def _word_end(text: str, position: int) -> int:
    """Return where the letter at ``position`` ends, with the accents that follow it."""
    end = position + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end
