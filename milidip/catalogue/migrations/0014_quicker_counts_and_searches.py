"""Sums of facets without their bits, bits of frequent words, and a number for the codebook.

Words are written by triggers on the table of searches, in the transaction of whatever writes.
"""

# SQL is put together from parts that are written here; there are no values.
# ruff: noqa: S608

import django.contrib.postgres.functions
from django.db import migrations, models

from milidip.catalogue.migrations import _bits as bits


def pairs(table: str) -> str:
    """Return the SELECT of all (facet, value, ordinal) of frequent words in rows of ``table``."""
    return (
        "SELECT 'word'::text AS facet, word AS value, entry_id AS ordinal"
        f" FROM {table}, unnest(tsvector_to_array(vector)) AS of_record (word)"
        " WHERE word IN (SELECT f.word FROM public.catalogue_frequentword AS f)"
    )


# A word that no record has any more is not remembered either: it may be a name.
FORGET = """
    DELETE FROM public.catalogue_frequentword AS f WHERE NOT EXISTS (
        SELECT FROM public.catalogue_facetblock AS b WHERE b.facet = 'word' AND b.value = f.word);"""
TRIGGERS = bits.keep(
    "words",
    "catalogue_search",
    pairs,
    emptied="(SELECT entry_id AS ordinal FROM old_rows) AS emptied",
    after=FORGET,
    around="""
    IF EXISTS (SELECT FROM public.catalogue_frequentword) THEN{}
    END IF;""",
)

# Words are chosen by a sample of 20,000 records, and counted in all: only what differs is written.
# None is given up here, since a search that is under way may count on its bits.
CHOOSE = f"""
CREATE FUNCTION catalogue_choose_words(records bigint, enough integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET work_mem = '128MB' AS $$
DECLARE
    share real := least(100, 100 * 20000.0 / greatest(records, 1));
    sampled bigint;
BEGIN
    CREATE TEMPORARY TABLE sample ON COMMIT DROP AS
    SELECT vector FROM public.catalogue_search TABLESAMPLE SYSTEM (share) REPEATABLE (1);
    SELECT count(*) INTO sampled FROM sample;
    CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS
    SELECT word COLLATE "C" AS word FROM sample, unnest(tsvector_to_array(vector)) AS of_record (word)
    WHERE length(word) <= 40
    GROUP BY 1 HAVING count(*) * records >= enough * sampled;
    INSERT INTO public.catalogue_frequentword SELECT word FROM chosen ON CONFLICT DO NOTHING;
    CREATE TEMPORARY TABLE counted ON COMMIT DROP AS
    {bits.blocks(f"({pairs('public.catalogue_search')})")};
    DELETE FROM public.catalogue_facetblock AS b WHERE b.facet = 'word' AND NOT EXISTS (
        SELECT FROM counted AS c WHERE (c.value, c.block) = (b.value, b.block));
    INSERT INTO public.catalogue_facetblock AS b (facet, value, block, n, bits)
    SELECT facet, value, block, bit_count(counted.bits), counted.bits FROM counted
    ON CONFLICT (facet, value, block) DO UPDATE SET bits = EXCLUDED.bits, n = EXCLUDED.n
    WHERE b.bits <> EXCLUDED.bits OR b.n <> EXCLUDED.n;
    DROP TABLE sample, chosen, counted;
    RETURN (SELECT count(*) FROM public.catalogue_frequentword);
END
$$;
"""

OLD_TERMS = bits.TERMS.split("DO $$")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
NEW_TERMS = OLD_TERMS.replace(
    "changed_at = now()", "changed_at = now(), terms = gen_random_uuid()"
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0013_series_in_order"),
    ]

    operations = [
        migrations.CreateModel(
            name="FrequentWord",
            fields=[
                (
                    "word",
                    models.CharField(
                        db_collation="C", max_length=40, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="register",
            name="terms",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                help_text="Drawn afresh when a term of the codebook changes.",
            ),
        ),
        migrations.AddField(
            model_name="register",
            name="words_of",
            field=models.PositiveIntegerField(
                default=0, help_text="How many records there were when frequent words were chosen."
            ),
        ),
        migrations.AddIndex(
            model_name="facetblock",
            index=models.Index(fields=["facet", "value"], include=("n",), name="facet_sums"),
        ),
        migrations.AddIndex(
            model_name="facetblock",
            index=models.Index(
                condition=models.Q(("n", 0)), fields=["block"], name="facet_emptied"
            ),
        ),
        *(
            migrations.RunSQL(made, f"DROP FUNCTION catalogue_words_{event.lower()}() CASCADE")
            for event, made in TRIGGERS.items()
        ),
        migrations.RunSQL(CHOOSE, "DROP FUNCTION catalogue_choose_words(bigint, integer)"),
        migrations.RunSQL(
            bits.recount_facets(only="b.facet <> 'word' AND "), bits.recount_facets()
        ),
        migrations.RunSQL(NEW_TERMS, OLD_TERMS),
    ]
