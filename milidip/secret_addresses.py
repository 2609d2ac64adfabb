"""Which addresses are secrets in themselves? Those that an invitation hands to one reader.

Whoever knows such an address may do what it is for. So it stands in no log, in no history and in
no cache, and nothing that is opened from its page learns of it.
"""

import re

from django.conf import settings

from milidip.languages import in_language

PLACE = "/invited/"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
# Also where a path is told without its first slash, as Django's resolver does in an error.
SECRET = re.compile(r"(?<=\binvited/)[^/?#\s\"']+")


def is_secret(path: str) -> bool:
    """Tell whether ``path``, in whatever language, is such an address."""
    return in_language(path, settings.LANGUAGE_CODE).startswith(PLACE)


def veiled(text: str) -> str:
    """Return ``text`` with every secret taken out of the addresses in it."""
    return SECRET.sub("...", text)
