"""Permanent public identifiers: a prefix and six random Crockford base32 characters.

There are about a thousand million of them for each prefix, so among a million records some
hundreds are drawn twice: whoever makes references looks for collisions and draws again.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHIFTS = (25, 20, 15, 10, 5, 0)  # five bits a character


def new_reference(prefix: str) -> str:
    """Return a fresh reference such as ``MD-7K3QX9``: random, so that it says nothing."""
    drawn = secrets.randbits(30)
    return f"{prefix}-" + "".join(ALPHABET[drawn >> shift & 31] for shift in SHIFTS)


def unused_reference(model, prefix: str) -> str:
    """Return a reference that no row of ``model`` has."""
    return unused_references(model, prefix, 1)[0]


def unused_references(model, prefix: str, number: int) -> list[str]:
    """Return ``number`` different references that no row of ``model`` has."""
    found: set[str] = set()
    while len(found) < number:
        drawn = {new_reference(prefix) for _ in range(number - len(found))} - found
        taken = model.objects.filter(reference__in=drawn).values_list("reference", flat=True)
        found |= drawn - set(taken)
        if retired := getattr(model, "retired_references", None):
            found -= retired(drawn)
    return list(found)
