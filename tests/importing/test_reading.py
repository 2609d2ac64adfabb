"""What is wrong with a file is said before anything is read from it."""

import pytest

from engagements.importing.datasets import COLUMNS
from engagements.importing.reading import (
    FileError,
    digest_of,
    inspect,
    keeps_summary,
    lines,
    says_the_same,
)


@pytest.fixture
def file(tmp_path):
    def written(content: bytes):
        path = tmp_path / "rows.csv"
        path.write_bytes(content)
        return path

    return written


def test_rows_are_numbered_by_the_line_on_which_they_start(file):
    path = file(b'a,b\n1,"two\nlines"\n3,4\n\n5,6\n')
    assert [(row.line, row.number) for row in lines(path, "ab")] == [(2, 1), (4, 2), (6, 3)]


def test_a_byte_order_mark_is_no_part_of_the_first_column(file):
    assert inspect(file(b"\xef\xbb\xbfa,b\n1,2\n"), "ab") == 1


def test_bare_carriage_returns_end_lines_too(file):
    path = file(b"a,b\r1,2\r3,4\r")
    assert [row.cells for row in lines(path, "ab")] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_cells_of_a_million_characters_are_read(file):
    path = file(b'a,b\n1,"' + b"x\n" * 500_000 + b'"\n')
    assert [len(row.cells["b"]) for row in lines(path, "ab")] == [1_000_000]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-9", "@home", "\tx"])
def test_the_guard_against_formulas_is_taken_off(file, cell):
    path = file(f'a,b\n1,"\'{cell}"\n'.encode())
    assert [row.cells["b"] for row in lines(path, "ab")] == [cell]


def test_an_apostrophe_that_guards_nothing_stays(file):
    assert [row.cells["b"] for row in lines(file(b"a,b\n1,'Ubaydah\n"), "ab")] == ["'Ubaydah"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"a\n1\n", "has no column b"),
        (b"a,b,b\n1,2,3\n", "the column b more than once"),
        (b"a,b\n1,caf\xe9\n", "is not UTF-8: byte 0xe9"),
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16: save it as CSV in UTF-8"),
        (b"PK\x03\x04", "is no Excel workbook that can be read"),
        (b'a,b\n1,"2\n3,4\n', "Is a quotation mark missing"),
        (b'a,b\n1,"2"3\n', "Is a quotation mark missing"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(file, content, reason):
    with pytest.raises(FileError, match=reason):
        inspect(file(content), "ab")


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        inspect(tmp_path / "none.csv", "ab")


@pytest.mark.parametrize(
    ("row", "reason"),
    [(b"1,2,3\n", "has 3 cells and the header 2"), (b"1\n", "has 1 cells"), (b"1,\x00\n", "NUL")],
)
def test_a_row_that_is_broken_is_a_row_with_a_problem(file, row, reason):
    assert [reason in found.problem for found in lines(file(b"a,b\n" + row), "ab")] == [True]


def test_a_digest_speaks_of_the_columns_and_of_nothing_else():
    row = dict.fromkeys(COLUMNS, "x")
    digest = digest_of(row, COLUMNS, 1)
    assert len(digest) == 64
    assert digest == digest_of(row | {"why": "a trap"}, COLUMNS, 1)
    assert digest != digest_of(row | {"title": "y"}, COLUMNS, 1)
    assert digest != digest_of(row, COLUMNS, 2)


def test_a_file_without_our_summary_says_nothing_about_it():
    row = dict.fromkeys(COLUMNS, "x")
    without, with_it = digest_of(row, COLUMNS, 1), digest_of(row, COLUMNS, 1, "Ours.")
    assert says_the_same(without, with_it)
    assert not says_the_same(with_it, without)
    assert keeps_summary(without, with_it)
    assert not keeps_summary(with_it, without)
    assert not keeps_summary(without, "")
