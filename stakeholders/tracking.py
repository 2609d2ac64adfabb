"""Every change of the working side is kept, by trigger: bulk writes and raw SQL included."""

import pghistory


def keep_history(model=None, *, only_rows: bool = False, **options):
    """Class decorator: keep each row as it was inserted, changed and deleted.

    With ``only_rows`` (a table of links) rows come and go and are never changed.
    """
    if model is None:
        return lambda decorated: keep_history(decorated, only_rows=only_rows, **options)
    # Trackers remember their model, so every model needs its own.
    trackers = [pghistory.InsertEvent(), pghistory.DeleteEvent()]
    if not only_rows:
        trackers.append(pghistory.UpdateEvent())
    return pghistory.track(*trackers, **options)(model)
