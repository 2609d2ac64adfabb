"""A code for a series that comes with nothing but a name, in whatever script."""

import hashlib

from django.utils.text import slugify

from milidip.codebook.folding import folded

LENGTH = 80

# fmt: off
CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "",
    "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "і": "i", "є": "ye", "ґ": "g", "ў": "u",
}  # folding has taken the marks off й, ё and ї
# fmt: on


def series_code(name: str) -> str:
    """Return the code of a series: the same for the same name, whatever its case and accents.

    Cyrillic is transliterated; a name in another script gets a code made from its digest.
    """
    latin = "".join(CYRILLIC.get(char, char) for char in folded(name))
    code = slugify(latin)
    digest = hashlib.sha256(folded(name).encode()).hexdigest()[:8]
    if not any(char.isalnum() for char in code):
        return f"series-{digest}"
    if len(code) > LENGTH:
        return f"{code[: LENGTH - 9].rstrip('-')}-{digest}"
    return code
