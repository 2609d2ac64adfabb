"""A search for frequent words is answered from bits, without the table of searches.

To find a word of every tenth record in the index takes milliseconds; to visit all those records
takes twenty times as long, because each vector is a thousand bytes wide. So words of many records
have blocks of bits, as facets have. What else is asked for goes to the index, and finds little:

    training  =  bits(train)  or  bits(train, trainer ...)  or  index(train:* and none of those)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from milidip.catalogue.models import FrequentWord
from milidip.catalogue.search import CONFIG, Parts

# What the database prints for a query of plain words that must all be there.
WORD = r"'(?:[^'\\]|'')+'"
PLAIN = re.compile(rf"{WORD}(?: & {WORD})*")
BEGINNING = re.compile(rf"({WORD}):\*")

PARSED = f"""
SELECT websearch_to_tsquery(%(config)s, whole)::text,
    websearch_to_tsquery(%(config)s, before)::text,
    to_tsquery(%(config)s, beginning)::text,
    (SELECT array_agg(word) FROM {FrequentWord._meta.db_table})
FROM unnest(%(whole)s::text[], %(before)s::text[], %(beginning)s::text[])
    AS asked (whole, before, beginning)"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Plan:
    """A search as bits and a rest, any of which may match.

    In ``bits`` each is a list of words that must all be there; a word is a list of spellings of
    which one suffices. ``rest`` is a query for the index, or empty.
    """

    bits: list[list[list[str]]]
    rest: str


def plan(texts: Sequence[str]) -> Plan:
    """Return how to look for ``texts``, the words of `search.search_query`. One query."""
    parts = [Parts.of(text) for text in texts]
    given = {
        "config": CONFIG,
        "whole": [part.whole for part in parts],
        "before": [part.before for part in parts],
        "beginning": [part.beginning for part in parts],
    }
    bits: list[list[list[str]]] = []
    rest: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(PARSED, given)
        for whole, before, beginning, frequent in cursor:
            known = set(frequent or ())
            _take(whole, known, bits, rest)
            if beginning:
                _take_beginning(before, beginning, known, bits, rest)
    return Plan(bits, " | ".join(f"({query})" for query in rest))


def _take(query: str, known: set[str], bits: list[list[list[str]]], rest: list[str]) -> None:
    words = _words(query)
    if words and known.issuperset(words):
        bits.append([[word] for word in words])
    elif query:
        rest.append(query)


def _take_beginning(
    before: str, beginning: str, known: set[str], bits: list[list[list[str]]], rest: list[str]
) -> None:
    query = f"({before}) & {beginning}" if before else beginning
    words = _words(before)
    if (
        (words or not before)
        and known.issuperset(words)
        and (match := BEGINNING.fullmatch(beginning))
    ):
        [start] = _words(match[1])
        if spellings := sorted(word for word in known if word.startswith(start)):
            bits.append([*([word] for word in words), spellings])
            query = " & ".join([query, *(f"!{_quoted(word)}" for word in spellings)])
    rest.append(query)


def _words(query: str) -> list[str]:
    """Return the words of a query that asks for all of them; none when it asks for more."""
    if not PLAIN.fullmatch(query):
        return []
    return [word[1:-1].replace("''", "'") for word in re.findall(WORD, query)]


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
