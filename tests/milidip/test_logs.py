"""Logs say what happened and where, never what a record says or what somebody searched for."""

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, connection, transaction
from django.urls import Resolver404
from gunicorn.config import Config

from milidip import gunicorn
from milidip.logs import Formatter, ServerLogger

NAME = "protected.name"


def logged(message: str, *arguments: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, message, arguments, info)
    return Formatter().format(record)


def test_a_broken_constraint_is_logged_without_the_failing_row(db: None) -> None:
    User.objects.create(username=NAME)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        User.objects.create(username=NAME)
    assert NAME in str(caught.value)
    text = logged("Internal Server Error", error=caught.value)
    assert NAME not in text
    assert "UniqueViolation: 23505, auth_user, auth_user_username_key" in text
    assert "test_logs.py" in text


def test_an_error_that_comes_of_a_database_error_hides_the_row_as_well(db: None) -> None:
    def load() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT %s::int", [NAME])
        except DataError as error:
            raise RuntimeError("could not load") from error

    with pytest.raises(RuntimeError) as caught:
        load()
    text = logged("failed", error=caught.value)
    assert NAME not in text
    assert "RuntimeError: could not load" in text
    assert "22P02" in text


def test_an_ordinary_error_is_logged_whole() -> None:
    assert "ValueError: what went wrong" in logged("failed", error=ValueError("what went wrong"))


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("Error handling request %s", ("/engagements.csv?q=protected.name",)),
        ("Invalid HTTP request line: 'GET /engagements/?q=protected.name HTTP/1.1'", ()),
    ],
)
def test_search_terms_are_cut_from_messages(message: str, arguments: tuple[str, ...]) -> None:
    text = logged(message, *arguments)
    assert NAME not in text
    assert "/engagements" in text


@pytest.mark.parametrize("prefix", ["", "/fr"])
def test_the_secret_of_an_invitation_is_cut_from_messages_and_tracebacks(prefix: str) -> None:
    address = f"{prefix}/invited/{NAME}/"
    for message, arguments in (
        ("Not Found: %s", (address,)),
        ('"GET %s HTTP/1.1" %s', (address, 200)),
        (f"Gone: https://register.example{address}?q=1", ()),
    ):
        text = logged(message, *arguments)
        assert NAME not in text
        assert f"{prefix}/invited/..." in text
    assert NAME not in logged("failed", error=ValueError(address))
    assert NAME not in logged("failed", error=Resolver404({"path": address[1:]}))


def test_the_secret_of_an_invitation_is_not_in_the_access_log() -> None:
    environ = {"PATH_INFO": f"/fr/invited/{NAME}/", "REQUEST_METHOD": "GET"}
    environ |= {"RAW_URI": environ["PATH_INFO"], "SERVER_PROTOCOL": "HTTP/1.1"}
    answer = SimpleNamespace(status="200 OK", sent=1, headers=[])
    logger = ServerLogger(Config())
    atoms = logger.atoms(answer, SimpleNamespace(headers=[]), environ, timedelta(seconds=1))
    line = gunicorn.access_log_format % logger.atoms_wrapper_class(atoms)
    assert NAME not in line
    assert "/fr/invited/.../" in line


def test_the_access_log_has_no_queries_addresses_or_referrers() -> None:
    for atom in ("%(q)s", "%(r)s", "%(f)s", "%(h)s", "%(a)s"):
        assert atom not in gunicorn.access_log_format
