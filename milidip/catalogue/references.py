"""Public references as people write them: in small letters, with an O for a zero."""

import re

from django.http import Http404

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD = str.maketrans("OIL", "011")


def canonical(prefix: str, text: str) -> str:
    """Return the reference that ``text`` means; raise Http404 when it cannot be one."""
    start, _dash, rest = text.upper().partition("-")
    rest = rest.translate(MISREAD)
    if start != prefix or not re.fullmatch(f"[{ALPHABET}]{{6}}", rest):
        raise Http404
    return f"{prefix}-{rest}"
