"""One folded form of a text, so that sorting and finding depend on no collation."""

import unicodedata


def folded(text: str) -> str:
    """Return ``text`` without case, accents and surrounding space: Åland becomes aland."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()
