"""Fill `Publication.words`, which is searched for the names of those who are protected."""

from django.db import migrations

from engagements.texts import searchable


def fill(apps, schema_editor):
    publication = apps.get_model("engagements", "Publication")
    for row in publication.objects.filter(words="").iterator(chunk_size=500):
        publication.objects.filter(pk=row.pk).update(
            words=searchable(row.snapshot, row.change_note)
        )


class Migration(migrations.Migration):
    dependencies = [("engagements", "0002_holds_schedules_words")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
