from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0006_family_details"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(
                models.OrderBy(models.F("left_on"), descending=True),
                models.F("reference"),
                name="tombstone_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="version",
            index=models.Index(
                models.OrderBy(models.F("published_at"), descending=True), name="version_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="version",
            index=models.Index(
                models.OrderBy(models.F("published_at"), descending=True),
                condition=models.Q(("number__gt", 1)),
                name="version_corrections",
            ),
        ),
    ]
