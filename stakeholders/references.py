"""Permanent public identifiers: a prefix and six random Crockford base32 characters."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference(prefix: str) -> str:
    """Return a fresh reference such as ``MD-7K3QX9``: random, so that it says nothing."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


def unused_reference(model, prefix: str) -> str:
    """Return a reference that no row of ``model`` has, trying again on a collision."""
    while model.objects.filter(reference=(reference := new_reference(prefix))).exists():
        pass
    return reference
