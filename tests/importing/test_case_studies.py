"""Fuller accounts from files: whole or not at all, and never over somebody's work."""

import pytest

from engagements.importing import case_studies
from engagements.importing.reading import FileError
from tests.factories import EngagementFactory, UserFactory

pytestmark = pytest.mark.django_db

HEAD = 'dataset = "A dataset"\nid = "7"\n'
SOURCE = '[[sources]]\nkind = "news"\ntitle = "A second report"\n'


@pytest.fixture
def record():
    return EngagementFactory(source_dataset="A dataset", source_id="7")


def add(tmp_path, text):
    (tmp_path / "one.toml").write_text(text, encoding="utf-8")
    return case_studies.add(tmp_path, UserFactory(contributor=True))


def test_a_record_gets_its_account_and_the_sources_behind_its_own(tmp_path, record):
    text = HEAD + 'narrative = "They met. [1] They signed. [2]"\n' + SOURCE
    assert add(tmp_path, text) == [record.pk]
    record.refresh_from_db()
    assert record.case_study
    assert record.narrative == "They met. [1] They signed. [2]"
    assert record.sources.order_by("pk").last().title == "A second report"
    # Loaded again after it was stopped: the same record, and nothing twice.
    assert add(tmp_path, text) == [record.pk]
    assert record.sources.count() == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + 'narrative = "They met. [3]"\n' + SOURCE, r"cites \[3\]"),
        (HEAD + 'narrative = "They met. [0]"\n', r"cites \[0\]"),
        (HEAD, "needs dataset, id and narrative"),
        (HEAD + 'narrative = "x"\nnote = "y"\n', "“note” is not a field"),
        (HEAD + 'narrative = "x"\n' + SOURCE + 'person = "y"\n', "“person” is not a field"),
        ("narrative", "cannot be read"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_name_and_writes_nothing(tmp_path, record, text, said):
    with pytest.raises(FileError, match=said) as refused:
        add(tmp_path, text)
    assert "one.toml" in str(refused.value)
    record.refresh_from_db()
    assert record.narrative == ""
    assert record.sources.count() == 1


def test_what_somebody_has_written_or_submitted_is_left_alone(tmp_path, record):
    text = HEAD + 'narrative = "They met. [1]"\n'
    record.narrative = "Ours."
    record.save()
    assert add(tmp_path, text) == []
    record.refresh_from_db()
    assert (record.narrative, record.case_study) == ("Ours.", False)
    EngagementFactory(source_dataset="B", source_id="8", submitted=True)
    assert add(tmp_path, text.replace("A dataset", "B").replace('"7"', '"8"')) == []
    assert add(tmp_path, text.replace("A dataset", "C")) == []
