"""What somebody without an account is asked: one plain form, which works without script."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import OutcomeKind, Side, Status
from milidip.codebook.dates import ends_before_it_starts, validate_honest_date
from milidip.codebook.folding import folded
from milidip.codebook.models import ActivityType, ActorType, Country, Objective, Role
from stakeholders.models import PERSON, STATE

Choices = list[tuple[Any, Any]]

ROWS = 4
MOST_ROWS = 40
USUAL_ROLE = "participant"
NO_CHOICE = [("", "---------")]


@dataclass(frozen=True)
class Terms:
    """The words that may be chosen, read once for a page and sorted in its language."""

    activities: Choices
    kinds: Choices
    roles: Choices
    objectives: Choices
    countries: Choices

    @classmethod
    def read(cls) -> "Terms":
        families: dict[str, Choices] = {}
        for term in ActivityType.by_family():
            families.setdefault(str(term.family), []).append((term.pk, str(term)))
        return cls(
            activities=list(families.items()),
            # A state is an entry of its own that staff choose; here it is a body of one.
            kinds=_listed(ActorType.objects.exclude(pk=STATE)),
            roles=_listed(Role.objects.all()),
            objectives=_listed(Objective.objects.all()),
            countries=sorted(
                _listed(Country.objects.all()), key=lambda country: folded(country[1])
            ),
        )


def _listed(terms: Iterable[Any]) -> Choices:
    return [(term.pk, str(term)) for term in terms]


def text_box(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


def line(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


class HonestDate(forms.CharField):
    """A year, a month or a day, as the record itself takes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=10,
            required=False,
            validators=[validate_honest_date],
            widget=line(),
            **kwargs,
        )


class EngagementForm(forms.Form):
    """What happened, when, where, what for, and what may be made of it."""

    title = forms.CharField(
        label=_("What is it called, or what was it?"),
        max_length=300,
        widget=line(dir="auto"),
        help_text=_("One line, such as “Elders and soldiers talk about the road to Wajir”."),
    )
    activity = forms.ChoiceField(label=_("What kind of meeting or work was it?"), required=False)
    happened = forms.CharField(
        label=_("What happened?"),
        max_length=6000,
        widget=text_box(8),
        help_text=_(
            "In your own words. Write no names of persons here: there is a place for them below."
        ),
    )
    when = forms.CharField(
        label=_("When was it?"),
        max_length=200,
        required=False,
        widget=line(dir="auto"),
        help_text=_("As you would say it: “in the dry season of 2019”, “three days in May”."),
    )
    start = HonestDate(
        label=_("First day, if you know it"),
        help_text=_("As much as is known: 1980, 1980-05 or 1980-05-14."),
    )
    end = HonestDate(
        label=_("Last day, if you know it"), help_text=_("Leave blank while it goes on.")
    )
    status = forms.ChoiceField(
        label=_("Is it over?"),
        choices=[
            (Status.COMPLETED, _("It is over")),
            (Status.ONGOING, _("It goes on")),
            (Status.PLANNED, _("It is planned")),
        ],
        initial=Status.COMPLETED,
    )
    country = forms.ChoiceField(label=_("In which country?"), required=False)
    place = forms.CharField(
        label=_("In which town or area?"),
        max_length=300,
        required=False,
        widget=line(dir="auto"),
        help_text=_("Leave out what would tell an attacker where to go."),
    )
    objectives = forms.MultipleChoiceField(
        label=_("What was it for?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    outcome = forms.CharField(
        label=_("What came of it?"),
        max_length=2000,
        required=False,
        widget=text_box(4),
        help_text=_("In one statement. That nothing came of it is worth saying too."),
    )
    outcome_kind = forms.ChoiceField(
        label=_("Which of these fits best?"),
        choices=[*NO_CHOICE, *OutcomeKind.choices],
        required=False,
    )
    held = forms.ChoiceField(
        label=_("How was it held?"),
        widget=forms.RadioSelect,
        choices=[
            ("closed", _("Among those who took part, or I am not sure")),
            ("open", _("In public, or those who took part have told of it in public")),
        ],
        initial="closed",
        help_text=_(
            "Unless it was in public, the register names nobody who took part, nor whom they "
            "belong to (the Chatham House Rule)."
        ),
    )
    named = forms.ChoiceField(
        label=_("May the register name your organisation as the source?"),
        widget=forms.RadioSelect,
        choices=[
            ("yes", _("Yes")),
            ("no", _("No: it then says only that the source is withheld")),
        ],
    )
    own_words = forms.BooleanField(
        label=_(
            "We wrote this ourselves. It may be edited and published under CC BY 4.0: everybody "
            "may use it who says where it is from."
        )
    )
    nothing_secret = forms.BooleanField(
        label=_(
            "Nothing in it is classified, and nothing tells where people or forces are going to be."
        )
    )
    people_know = forms.BooleanField(
        label=_("If we name people: they know that we name them to the register.")
    )
    homepage = forms.CharField(required=False)

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["activity"].choices = [("", gettext("Not sure")), *terms.activities]
        fields["country"].choices = [*NO_CHOICE, *terms.countries]
        fields["objectives"].choices = terms.objectives

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_homepage(self) -> str:
        """A field that people do not see: a program filled it in, or a helpful browser."""
        if self.cleaned_data["homepage"]:
            self.data = self.data.copy()
            self.data["homepage"] = ""
            raise forms.ValidationError(
                _(
                    "Something filled in a field that people do not see, so it was not sent. "
                    "It is emptied now: please send again."
                )
            )
        return ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        if ends_before_it_starts(start, end):
            self.add_error("end", _("It cannot end before it starts. Check both dates."))
        unsaid = not (data.get("when") or start)
        if unsaid and not (self.has_error("when") or self.has_error("start")):
            self.add_error("when", _("Say when it was, as well as you know."))
        if data.get("outcome") and not data.get("outcome_kind"):
            self.add_error("outcome_kind", _("Choose what fits best."))
        if data.get("outcome_kind") and not data.get("outcome"):
            self.add_error("outcome", _("Say in a sentence what came of it."))
        return data


class GuestForm(forms.Form):
    """One who took part: a body, a person, or people without a name."""

    name = forms.CharField(
        label=_("Name"), max_length=300, required=False, widget=line(dir="auto")
    )
    kind = forms.ChoiceField(label=_("What they are"), required=False)
    role = forms.ChoiceField(label=_("What they did"), initial=USUAL_ROLE)
    side = forms.ChoiceField(
        label=_("On which side"), choices=[*NO_CHOICE, *Side.choices], required=False
    )
    people = forms.IntegerField(
        label=_("How many people"),
        min_value=1,
        max_value=10_000_000,
        required=False,
        widget=line(inputmode="numeric"),
    )
    agreed = forms.BooleanField(
        label=_("A person, who has agreed to be named in public"), required=False
    )

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = [*NO_CHOICE, *terms.kinds]
        fields["role"].choices = terms.roles

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.has_changed() and not data.get("kind") and not self.has_error("kind"):
            self.add_error("kind", _("Choose what they are. A person is a kind of its own."))
        if data.get("agreed") and data.get("kind") not in ("", None, PERSON):
            self.add_error("agreed", _("This is asked of persons only."))
        return data


class GuestFormSet(forms.BaseFormSet):
    """Who took part, each in a row; rows that nobody filled in are left out."""

    def clean(self) -> None:
        """Each stands there once in one role: the record would refuse it twice."""
        seen = set()
        for form in self.forms:
            row = getattr(form, "cleaned_data", {})
            if row.get("name"):
                key = (row.get("kind"), folded(row["name"]), row.get("role"), row.get("side"))
                if key in seen:
                    form.add_error("name", _("This one is listed above already."))
                seen.add(key)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [form.cleaned_data for form in self.forms if form.has_changed()]


GuestRows = forms.formset_factory(
    GuestForm,
    formset=GuestFormSet,
    extra=ROWS,
    max_num=MOST_ROWS,
    absolute_max=MOST_ROWS,
    validate_max=True,
)


class MessageForm(forms.Form):
    text = forms.CharField(label=_("Write to the editors"), max_length=4000, widget=text_box(5))


class TakeBackForm(forms.Form):
    sure = forms.BooleanField(label=_("Yes, we take it back"))
