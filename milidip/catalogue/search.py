"""How words typed by a reader become a full-text query.

``websearch_to_tsquery`` gives quoted phrases, ``or`` and a leading minus; the configuration
``milidip`` folds accents. On top of that the last word, when it stands bare, is found by its
beginning too, since that is the one still being typed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchRank
from django.db import connection
from django.db.models import F

CONFIG = "milidip"
LONGEST = 300
SHORTEST_BEGINNING = 2
RANKED_AT_MOST = 50_000
LAST_WORD = re.compile(r'(?:^|.*\s)([^\s"]+)', re.DOTALL)

Query = SearchQuery | CombinedSearchQuery


@dataclass(frozen=True, slots=True)
class Parts:
    """A text and, when its last word may be unfinished, what stands before and its beginning."""

    whole: str
    before: str = ""
    beginning: str = ""

    @classmethod
    def of(cls, text: str) -> "Parts":
        word = _last_bare_word(text)
        if not word:
            return cls(text)
        before = text[: -len(word)].strip()
        if before and before.lower().split()[-1] == "or":
            # The search reads “a b or c” as (a and b) or c, and so must the unfinished c.
            before = ""
        return cls(text, before, _prefix(word))

    def query(self) -> Query:
        whole = SearchQuery(self.whole, config=CONFIG, search_type="websearch")
        if not self.beginning:
            return whole
        beginning: Query = SearchQuery(self.beginning, config=CONFIG, search_type="raw")
        if self.before:
            before = SearchQuery(self.before, config=CONFIG, search_type="websearch")
            beginning = before & beginning
        return whole | beginning


def search_query(texts: Sequence[str]) -> Query:
    """Return the query for ``texts``, any of which may match."""
    return reduce(or_, (Parts.of(text).query() for text in texts))


def _last_bare_word(text: str) -> str:
    """Return the last word, unless it is quoted, excluded, an operator or too short."""
    match = LAST_WORD.fullmatch(text)
    if match is None or text.count('"') % 2:
        return ""
    word = match[1]
    if word.startswith("-") or word.lower() == "or" or len(word) < SHORTEST_BEGINNING:
        return ""
    return word


def _prefix(word: str) -> str:
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"


def has_words(texts: Sequence[str]) -> bool:
    """Tell whether anything is left to look for after common words and punctuation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(numnode(websearch_to_tsquery(%s::regconfig, text))), 0)"
            " FROM unnest(%s::text[]) AS text",
            [CONFIG, list(texts)],
        )
        return cursor.fetchone()[0] > 0


def rank(texts: Sequence[str]) -> SearchRank:
    """Return how well an entry answers: title before names and places before text."""
    return SearchRank(F("search__vector"), search_query(texts))
