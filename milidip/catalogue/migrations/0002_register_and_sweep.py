"""The register's one row, and the sweep that takes expired entries off the public side.

The sweep is the only write that the public role may cause. It runs with the rights of the
owner of the tables, on a fixed search path, and takes no argument: only the database's own
UTC date decides.
"""

from django.db import migrations

SWEEP = """
CREATE FUNCTION catalogue_sweep() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'utc')::date;
    leaving integer[];
    swept integer := 0;
BEGIN
    PERFORM 1 FROM public.catalogue_register WHERE id = 1 AND swept_on >= today;
    IF FOUND THEN
        RETURN 0;
    END IF;
    -- The register's row is the lock: publication serialises on it too.
    PERFORM 1 FROM public.catalogue_register WHERE id = 1 FOR UPDATE;
    PERFORM 1 FROM public.catalogue_register WHERE id = 1 AND swept_on >= today;
    IF FOUND THEN
        RETURN 0;
    END IF;
    SELECT array_agg(ordinal) INTO leaving
    FROM public.catalogue_entry WHERE leaves_on <= today;
    IF leaving IS NOT NULL THEN
        INSERT INTO public.catalogue_tombstone (reference, kind, left_on)
        SELECT reference, 'expired', today
        FROM public.catalogue_entry WHERE ordinal = ANY (leaving)
        ON CONFLICT (reference) DO UPDATE SET kind = EXCLUDED.kind, left_on = EXCLUDED.left_on;
        DELETE FROM public.catalogue_entry WHERE ordinal = ANY (leaving);
        GET DIAGNOSTICS swept = ROW_COUNT;
        DELETE FROM public.catalogue_actor a WHERE NOT EXISTS (
            SELECT 1 FROM public.catalogue_participation p
            WHERE p.actor_reference = a.reference);
        UPDATE public.catalogue_actor a SET parent_reference = ''
        WHERE parent_reference <> '' AND NOT EXISTS (
            SELECT 1 FROM public.catalogue_actor p WHERE p.reference = a.parent_reference);
    END IF;
    UPDATE public.catalogue_register
    SET swept_on = today,
        revision = revision + (swept > 0)::int,
        changed_at = CASE WHEN swept > 0 THEN now() ELSE changed_at END
    WHERE id = 1;
    RETURN swept;
END
$$;
REVOKE ALL ON FUNCTION catalogue_sweep() FROM PUBLIC;
"""

ONE_ROW = "INSERT INTO catalogue_register (id, revision) VALUES (1, 0) ON CONFLICT DO NOTHING"


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_public_side")]

    operations = [
        migrations.RunSQL(ONE_ROW, "DELETE FROM catalogue_register"),
        migrations.RunSQL(SWEEP, "DROP FUNCTION catalogue_sweep()"),
    ]
