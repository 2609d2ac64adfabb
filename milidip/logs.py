"""Logs hold no record content, no search terms and no secret addresses.

A database error prints the failing row, a request its query, and the path of an invitation is a
secret: all are cut here.
"""

import logging
import re
import traceback
from types import TracebackType
from typing import Any, override

import psycopg
from django.db import Error as DjangoDatabaseError
from gunicorn.config import Config
from gunicorn.glogging import Logger

from milidip.secret_addresses import veiled

ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)

QUERY = re.compile(r"(?<=[\w/])\?\S+")


class Formatter(logging.Formatter):
    """Tracebacks in which a database error is named by its code and constraint, not its values."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    @override
    def format(self, record: logging.LogRecord) -> str:
        return veiled(super().format(record))

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        return QUERY.sub("?...", super().formatMessage(record))

    @override
    def formatException(self, ei: ErrorInfo) -> str:
        error = ei[1]
        if error is None:
            return ""
        return "\n".join(_told(error))


class ServerLogger(Logger):
    """gunicorn's own messages, under the same rules."""

    @override
    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Formatter())

    @override
    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """What a line of the access log is made of: the path is the one thing it has of these."""
        found = super().atoms(resp, req, environ, request_time)
        return found | {"U": veiled(found["U"] or "-")}


def _told(error: BaseException) -> list[str]:
    before: list[str] = []
    if error.__cause__ is not None:
        before = [*_told(error.__cause__), "", "It was the cause of:", ""]
    elif error.__context__ is not None and not error.__suppress_context__:
        before = [*_told(error.__context__), "", "While handling it:", ""]
    where = [line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)]
    return [*before, "Traceback (most recent call last):", *where, described(error)]


def described(error: BaseException) -> str:
    """One line for an error; for one of the database without a value of a record."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, DjangoDatabaseError):
        return f"{name}: {described(error.__cause__)}" if error.__cause__ else name
    if isinstance(error, psycopg.Error):
        found = error.diag
        facts = (error.sqlstate, found.table_name, found.column_name, found.constraint_name)
        return f"{name}: {', '.join(fact for fact in facts if fact)}"
    return traceback.format_exception_only(error)[-1].rstrip("\n")
