"""The SQL that makes and keeps blocks of bits: frozen, since migrations are made of it.

Triggers keep the blocks, in the transaction of whatever writes entries: the gate, the sweep, a
rebuild. Only what differs between the old and the new rows is touched.
"""

# SQL is put together from parts that are written here; there are no values.
# ruff: noqa: S608

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


def pairs(table: str) -> str:
    """Return the SELECT of all (facet, value, ordinal) of the rows of ``table``."""
    return " UNION ALL ".join(
        f"SELECT '{facet}' AS facet, {value} AS value, ordinal FROM {table}"
        for facet, value in VALUES.items()
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


def trigger(event: str, tables: str, body: str) -> str:
    name = f"catalogue_facets_{event.lower()}"
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN{body}
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS {name} ON catalogue_entry;
CREATE TRIGGER {name} AFTER {event} ON catalogue_entry
REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


GONE = f"(({pairs('old_rows')}) EXCEPT ({pairs('new_rows')}))"
CAME = f"(({pairs('new_rows')}) EXCEPT ({pairs('old_rows')}))"

TRIGGERS = "".join(
    [
        trigger(
            "INSERT", "NEW TABLE AS new_rows", ADD.format(blocks=blocks(f"({pairs('new_rows')})"))
        ),
        trigger(
            "DELETE",
            "OLD TABLE AS old_rows",
            REMOVE.format(blocks=blocks(f"({pairs('old_rows')})"), table="old_rows"),
        ),
        trigger(
            "UPDATE",
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            REMOVE.format(blocks=blocks(GONE), table="old_rows") + ADD.format(blocks=blocks(CAME)),
        ),
    ]
)

# What is in the table of entries, counted afresh: only rows that differ are written.
RECOUNT = f"""
CREATE OR REPLACE FUNCTION catalogue_recount_facets() RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone integer;
    changed integer;
BEGIN
    CREATE TEMPORARY TABLE recounted ON COMMIT DROP AS {blocks(f"({pairs('public.catalogue_entry')})")};
    DELETE FROM public.catalogue_facetblock AS b WHERE NOT EXISTS (
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
