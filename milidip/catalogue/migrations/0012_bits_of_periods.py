"""Facet counts that do not read the records: a bit for each record and value (`_bits.py`)."""

from django.db import migrations, models

from milidip.catalogue.migrations._bits import TERMS, keep_facets, recount_facets


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0011_latest_datasets_alike"), ("codebook", "0001_vocabularies")]

    operations = [
        # Bits are read far more often than written, and to unpack them takes longer than to read.
        migrations.RunSQL(
            "ALTER TABLE catalogue_facetblock ALTER bits SET STORAGE PLAIN",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(keep_facets(), migrations.RunSQL.noop),
        migrations.RunSQL(recount_facets(), migrations.RunSQL.noop),
        migrations.RunSQL("SELECT catalogue_recount_facets()", migrations.RunSQL.noop),
        migrations.RunSQL(TERMS, "DROP FUNCTION catalogue_terms_changed() CASCADE"),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["start_earliest", "ordinal"], name="entry_oldest"),
        ),
    ]
