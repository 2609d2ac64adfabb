import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0009_case_studies"),
    ]

    operations = [
        migrations.AddField(
            model_name="register",
            name="files_from",
            field=models.PositiveBigIntegerField(
                default=0,
                help_text="Files cut at an earlier revision may hold what was taken back since.",
            ),
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("number", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("year", models.PositiveSmallIntegerField()),
                ("sequence", models.PositiveSmallIntegerField()),
                ("issue", models.PositiveSmallIntegerField(default=0)),
                ("revision", models.PositiveBigIntegerField()),
                ("made_on", models.DateField()),
                (
                    "files",
                    models.JSONField(
                        help_text="Name, title, rows, bytes and SHA-256 of each file."
                    ),
                ),
                (
                    "since",
                    models.CharField(
                        blank=True,
                        help_text="The release that its changes are counted from.",
                        max_length=20,
                    ),
                ),
                ("added", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("withdrawn", models.PositiveIntegerField(default=0)),
                ("withdrawn_on", models.DateField(null=True)),
            ],
            options={
                "verbose_name": "release",
                "verbose_name_plural": "releases",
                "ordering": ["-year", "-sequence", "-issue"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("year", "sequence", "issue"), name="release_number_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReleaseRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=9)),
                ("version", models.PositiveIntegerField()),
                (
                    "digest",
                    models.CharField(
                        blank=True,
                        help_text="Empty when the record was taken back since.",
                        max_length=64,
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="+",
                        to="catalogue.release",
                    ),
                ),
            ],
            options={
                "ordering": ["release", "reference"],
                "indexes": [models.Index(fields=["reference"], name="release_record")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "reference"), name="release_record_once"
                    )
                ],
            },
        ),
    ]
