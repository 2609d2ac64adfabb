"""How is one parameter read? Every value is checked before it comes near a query."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import search
from milidip.catalogue.periods import Bound
from milidip.codebook.choices import UNKNOWN
from milidip.codebook.dates import bounds

MOST_VALUES = 100
LONGEST_VALUE = 100
MOST_GUESSES = 5


class BadParameters(Exception):  # noqa: N818
    """The request asks for something that there is not; ``messages`` name it, in plain words."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = list(messages)
        super().__init__(*self.messages)


class ValuesField(forms.Field):
    """Every value of a repeated parameter, checked for size, each value once."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: list[str] | None) -> tuple[str, ...]:
        values = [text for item in value or [] if (text := item.strip())]
        if len(values) > MOST_VALUES:
            raise ValidationError(_("more than %(most)s values.") % {"most": MOST_VALUES})
        for text in values:
            if len(text) > self.longest:
                raise ValidationError(
                    _("“%(start)s…” is too long.") % {"start": printable(text[:20])}
                )
            if "\x00" in text:
                raise ValidationError(_("“%(value)s” is not text.") % {"value": printable(text)})
        return tuple(dict.fromkeys(values))

    longest = LONGEST_VALUE


def printable(text: str) -> str:
    """Return ``text`` without characters that cannot be shown."""
    return "".join(char if char.isprintable() else "�" for char in text)


class CodesField(ValuesField):
    """Codes that are public; ``known`` returns those among the given that there are, or more."""

    def __init__(
        self,
        *,
        known: Callable[[tuple[str, ...]], Iterable[str]],
        missing: str = gettext_lazy("“%(value)s” is not in the codebook."),
        **kwargs: Any,
    ) -> None:
        self.known, self.missing = known, missing
        super().__init__(**kwargs)

    def validate(self, value: tuple[str, ...]) -> None:
        super().validate(value)
        asked = tuple(code for code in value if code != UNKNOWN)
        known = self.known(asked) if asked else ()
        there = set(known)
        wrong = [code for code in asked if code not in there]
        if wrong:
            meant = {code: _meant(code, known) for code in wrong[:MOST_GUESSES]}
            raise ValidationError([self._refusal(code, meant.get(code, "")) for code in wrong])

    def _refusal(self, code: str, meant: str) -> str:
        message = self.missing % {"value": printable(code)}
        if meant:
            message += " " + _("Did you mean “%(value)s”?") % {"value": meant}
        return message


def _meant(text: str, known: Iterable[str]) -> str:
    """Return the code that a reader probably meant: by its label, or by its spelling."""
    spellings = {code.casefold(): code for code in known}
    if isinstance(known, dict):
        spellings = {word.label.casefold(): code for code, word in known.items()} | spellings
    near = get_close_matches(text.casefold(), spellings, n=1)
    return spellings[near[0]] if near else ""


class PeriodField(ValuesField):
    """Days, months or years, or ``unknown``."""

    def to_python(self, value: list[str] | None) -> Bound | None:  # type: ignore[override]
        values = super().to_python(value)
        for text in values:
            try:
                if text != UNKNOWN:
                    bounds(text)
            except ValueError:
                raise ValidationError(
                    _("“%(value)s” is not a date. Write 1980, 1980-05 or 1980-05-14.")
                    % {"value": printable(text)}
                ) from None
        return Bound(values) if values else None


class SearchField(ValuesField):
    longest = search.LONGEST


class OneOfField(ValuesField):
    """One word of a short list."""

    def __init__(self, *, words: Iterable[str], **kwargs: Any) -> None:
        self.words = list(words)
        super().__init__(**kwargs)

    def clean(self, value: list[str] | None) -> str:
        values = super().clean(value)
        if len(values) > 1:
            raise ValidationError(_("give it only once."))
        for word in values:
            if word not in self.words:
                raise ValidationError(
                    _("“%(value)s” is not one of %(words)s.")
                    % {"value": printable(word), "words": ", ".join(self.words)}
                )
        return values[0] if values else ""
