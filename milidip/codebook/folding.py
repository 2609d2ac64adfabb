"""One folded form of a text, so that sorting and finding depend on no collation."""

import unicodedata
from functools import lru_cache

SHORT = 200


def folded(text: str) -> str:
    """Return ``text`` without case, accents and surrounding space: Åland becomes aland."""
    return _remembered(text) if len(text) <= SHORT else _folded(text)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower().strip()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()


# The same names are asked for again and again: by an import, hundreds of thousands of times.
_remembered = lru_cache(maxsize=20_000)(_folded)
