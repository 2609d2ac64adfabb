"""The SQL that makes and keeps blocks of bits: frozen, since migrations are made of it.

Triggers keep the blocks, in the transaction of whatever writes entries: the gate, the sweep, a
rebuild. Only what differs between the old and the new rows is touched.
"""

# SQL is put together from parts that are written here; there are no values.
# ruff: noqa: S608

from collections.abc import Callable
from functools import partial

# A facet -> its values, of one row of entries.
VALUES = {
    "track": "track",
    "touches": "unnest(touches)",
    "region": "unnest(region_codes)",
    "place": "unnest(place_countries)",
    "family": "family",
    "activity": "activity",
    "military_role": "unnest(military_role)",
    "role": "unnest(roles)",
    "objective": "unnest(objectives)",
    "theme": "unnest(themes)",
    "status": "status",
    "participant_country": "unnest(participant_countries)",
    "exercise_form": "exercise_form",
    "exercise_environment": "unnest(exercise_environments)",
    "exercise_focus": "unnest(exercise_focus)",
    "mandating_body": "unnest(mandating_body)",
    "dialogue_format": "dialogue_format",
    "year": "coalesce(extract(year FROM start_earliest)::text, 'unknown')",
    # Not shown: until when it may have been going on, for the filter by a period.
    "until": "CASE WHEN overlap_from IS NULL THEN 'unknown' WHEN overlap_to IS NULL THEN 'open'"
    " ELSE extract(year FROM overlap_to)::text END",
}


def pairs(table: str, values: dict[str, str] = VALUES) -> str:
    """Return the SELECT of all (facet, value, ordinal) of the rows of ``table``."""
    return " UNION ALL ".join(
        f"SELECT '{facet}' AS facet, {value} AS value, ordinal FROM {table}"
        for facet, value in values.items()
    )


def blocks(source: str) -> str:
    """Return the SELECT of (facet, value, block, bits) of the pairs in ``source``.

    Words of 60 bits are put together first and written as 15 hexadecimal digits, with zeros for
    those between: to set each bit in a row of 30,000 would copy the row each time.
    """
    return f"""
    SELECT facet, value, block, ('x' || repeat('0', 15 * min(word)) || string_agg(
        lpad(to_hex(digits), 15, '0') || repeat('0', 15 * (next - word - 1)), '' ORDER BY word
    ))::bit varying AS bits
    FROM (
        SELECT facet, value, at / 500 AS block, at % 500 AS word, digits,
            lead(at % 500, 1, 500) OVER (PARTITION BY facet, value, at / 500 ORDER BY at) AS next
        FROM (
            SELECT facet, value, ordinal / 60 AS at,
                bit_or(1::bigint << (59 - ordinal % 60)) AS digits
            FROM {source} AS pairs
            GROUP BY 1, 2, 3
        ) AS words
    ) AS spread
    GROUP BY 1, 2, 3"""


ADD = """
    INSERT INTO public.catalogue_facetblock AS b (facet, value, block, n, bits)
    SELECT facet, value, block, bit_count(bits), bits FROM ({blocks}) AS added
    ON CONFLICT (facet, value, block) DO UPDATE
    SET bits = b.bits | EXCLUDED.bits, n = bit_count(b.bits | EXCLUDED.bits);"""

REMOVE = """
    WITH removed AS ({blocks})
    UPDATE public.catalogue_facetblock AS b
    SET bits = b.bits & ~removed.bits, n = bit_count(b.bits & ~removed.bits)
    FROM removed
    WHERE (b.facet, b.value, b.block) = (removed.facet, removed.value, removed.block);
    DELETE FROM public.catalogue_facetblock
    WHERE n = 0 AND block IN (SELECT DISTINCT ordinal / 30000 FROM {table});"""


def trigger(of: str, on: str, event: str, tables: str, body: str) -> str:
    name = f"catalogue_{of}_{event.lower()}"
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN{body}
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS {name} ON {on};
CREATE TRIGGER {name} AFTER {event} ON {on}
REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


def keep(
    of: str,
    on: str,
    pairs: Callable[[str], str],
    *,
    emptied: str = "old_rows",
    after: str = "",
    around: str = "{}",
) -> dict[str, str]:
    """Return, by event, the trigger that keeps blocks of the pairs of the table ``on``.

    ``emptied`` selects the ordinals of old rows; ``after`` follows what takes bits away; the
    body is put into ``around``.
    """
    came = f"(({pairs('new_rows')}) EXCEPT ({pairs('old_rows')}))"
    gone = f"(({pairs('old_rows')}) EXCEPT ({pairs('new_rows')}))"

    def add(source: str) -> str:
        return ADD.format(blocks=blocks(source))

    def remove(source: str) -> str:
        return REMOVE.format(blocks=blocks(source), table=emptied)

    bodies = {
        "INSERT": ("NEW TABLE AS new_rows", add(f"({pairs('new_rows')})")),
        "DELETE": ("OLD TABLE AS old_rows", remove(f"({pairs('old_rows')})") + after),
        "UPDATE": (
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            remove(gone) + add(came) + after,
        ),
    }
    return {
        event: trigger(of, on, event, tables, around.format(body))
        for event, (tables, body) in bodies.items()
    }


def keep_facets(values: dict[str, str] = VALUES) -> str:
    """Return the triggers on the table of entries."""
    kept = keep("facets", "catalogue_entry", partial(pairs, values=values))
    return "".join(kept[event] for event in ("INSERT", "DELETE", "UPDATE"))


def recount_facets(values: dict[str, str] = VALUES, only: str = "") -> str:
    """Return the function that counts the table of entries afresh; ``only`` restricts what goes."""
    return f"""
CREATE OR REPLACE FUNCTION catalogue_recount_facets() RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone integer;
    changed integer;
BEGIN
    CREATE TEMPORARY TABLE recounted ON COMMIT DROP AS {blocks(f"({pairs('public.catalogue_entry', values)})")};
    DELETE FROM public.catalogue_facetblock AS b WHERE {only}NOT EXISTS (
        SELECT FROM recounted AS r
        WHERE (r.facet, r.value, r.block) = (b.facet, b.value, b.block));
    GET DIAGNOSTICS gone = ROW_COUNT;
    INSERT INTO public.catalogue_facetblock AS b (facet, value, block, n, bits)
    SELECT facet, value, block, bit_count(bits), bits FROM recounted
    ON CONFLICT (facet, value, block) DO UPDATE SET bits = EXCLUDED.bits, n = EXCLUDED.n
    WHERE b.bits <> EXCLUDED.bits OR b.n <> EXCLUDED.n;
    GET DIAGNOSTICS changed = ROW_COUNT;
    DROP TABLE recounted;
    RETURN gone + changed;
END
$$;
"""


# Vocabularies are on public pages too: a term that changes makes every page new.
TERMS = """
CREATE FUNCTION catalogue_terms_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        UPDATE public.catalogue_register SET revision = revision + 1, changed_at = now();
    END IF;
    RETURN NULL;
END
$$;
DO $$
DECLARE
    name text;
    event text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind = 'r' AND starts_with(relname, 'codebook_')
    LOOP
        FOREACH event IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
            EXECUTE format('CREATE TRIGGER catalogue_terms_%s AFTER %s ON %I REFERENCING %s TABLE'
                ' AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalogue_terms_changed()',
                lower(event), event, name, CASE event WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END);
        END LOOP;
    END LOOP;
END
$$;
"""
