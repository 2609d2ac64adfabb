"""Honest dates: a year, a month or a day, and never more than is known.

A date is kept as the text that says what is known (EDTF level 0: ``1980``,
``1980-05``, ``1980-05-14``). The first and last day it may mean are computed
from it, here for Python and in the database for constraints and queries.
"""

import calendar
import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func
from django.utils.translation import gettext_lazy as _

FORM = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?")

SQL_FUNCTIONS = """
CREATE OR REPLACE FUNCTION milidip_earliest(value text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE length(value)
    WHEN 4 THEN make_date(value::int, 1, 1)
    WHEN 7 THEN make_date(left(value, 4)::int, right(value, 2)::int, 1)
    WHEN 10 THEN make_date(left(value, 4)::int, substr(value, 6, 2)::int, right(value, 2)::int)
END;
CREATE OR REPLACE FUNCTION milidip_latest(value text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE length(value)
    WHEN 4 THEN make_date(value::int, 12, 31)
    WHEN 7 THEN (make_date(left(value, 4)::int, right(value, 2)::int, 1)
                 + interval '1 month' - interval '1 day')::date
    WHEN 10 THEN make_date(left(value, 4)::int, substr(value, 6, 2)::int, right(value, 2)::int)
END;
"""
DROP_SQL_FUNCTIONS = """
DROP FUNCTION IF EXISTS milidip_earliest(text);
DROP FUNCTION IF EXISTS milidip_latest(text);
"""


def bounds(value: str) -> tuple[date, date]:
    """Return the first and the last day that ``value`` may mean.

    Raise ValueError when it is not a year, a month or a day that exists.
    """
    match = FORM.fullmatch(value)
    if match is None:
        raise ValueError(value)
    year = int(match["year"])
    if match["day"]:
        day = date(year, int(match["month"]), int(match["day"]))
        return day, day
    if match["month"]:
        month = int(match["month"])
        first = date(year, month, 1)
        return first, first.replace(day=calendar.monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)


def ends_before_it_starts(start: str, end: str) -> bool:
    """Tell whether the last day that ``end`` may mean lies before the first of ``start``.

    What is not known contradicts nothing. Raise ValueError as `bounds` does.
    """
    return bool(start and end) and bounds(end)[1] < bounds(start)[0]


def validate_honest_date(value: str) -> None:
    """Refuse anything that is not a year, a month or a day that exists."""
    try:
        bounds(value)
    except ValueError:
        raise ValidationError(
            _(
                "“%(value)s” is not a date. Write 1980, 1980-05 or 1980-05-14, as much as is known."
            ),
            params={"value": value},
            code="invalid",
        ) from None


class HonestDateField(models.CharField):
    """A date as far as it is known: ``1980``, ``1980-05`` or ``1980-05-14``; empty when not known."""

    default_validators = [validate_honest_date]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs["max_length"] = 10
        super().__init__(*args, **kwargs)


class Earliest(Func):
    """The first day an honest date may mean, computed by the database."""

    function = "milidip_earliest"
    output_field = models.DateField()
    arity = 1


class Latest(Func):
    """The last day an honest date may mean, computed by the database."""

    function = "milidip_latest"
    output_field = models.DateField()
    arity = 1


def earliest_column(field: str, label: Any = None) -> models.GeneratedField:
    return models.GeneratedField(
        verbose_name=label,
        expression=Earliest(F(field)),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


def latest_column(field: str) -> models.GeneratedField:
    return models.GeneratedField(
        expression=Latest(F(field)), output_field=models.DateField(null=True), db_persist=True
    )
