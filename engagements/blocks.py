"""Bits of facets and of frequent words, counted afresh (`milidip.catalogue.bits`).

Triggers keep them with every write. Here they are put right after a repair by hand, and words are
chosen anew when the register has grown.
"""

from django.db import connection, transaction

from engagements.revision import lock_register, raise_revision
from milidip.catalogue import models as public

# Below that, and below one record in twenty-five, the full-text index alone is as quick.
LEAST_RECORDS = 5_000
LEAST_SHARE = 25
GROWTH = 1.5


@transaction.atomic
def recount_facets() -> int:
    """Count the blocks of facets afresh; return how many rows were not as they should be.

    Triggers keep them, so this finds something only after a repair of tables by hand.
    """
    lock_register()
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_recount_facets()")
        corrected: int = cursor.fetchone()[0]
    if corrected:
        raise_revision()
    return corrected


@transaction.atomic
def choose_words(least: int | None = None) -> int:
    """Choose the words that bits are kept of, and make those; return how many words.

    A word is chosen that about ``least`` records have, by a sample: without a number at least
    5,000 and a twenty-fifth of all. It stays until no record has it. Bits are exact for every word
    that is chosen. Nothing public changes, and publications wait: 45 seconds at a million records.
    """
    lock_register()
    records = public.Search.objects.count()
    least = least or max(LEAST_RECORDS, records // LEAST_SHARE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_choose_words(%s, %s)", [records, least])
        chosen: int = cursor.fetchone()[0]
    public.Register.objects.update(words_of=records if records >= least else 0)
    return chosen


def choose_words_when_grown() -> bool:
    """Choose words if the register has grown by half since they were chosen."""
    before = public.Register.objects.values_list("words_of", flat=True).get()
    records = public.Entry.objects.count()
    due = records >= max(LEAST_RECORDS, GROWTH * before)
    if due:
        choose_words()
    return due
