"""The questions of a review (CODEBOOK, "Ethical review"): two decisions, never mixed."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from engagements.disclosure import EXPIRING
from engagements.forms import HonestDateInput
from engagements.models import (
    Allegation,
    ConductAssessment,
    CriterionFinding,
    Engagement,
    EthicalReview,
)
from engagements.models.conduct import MET
from engagements.requirements import today
from milidip.codebook.choices import ConsentBasis, Marking, Rating, Risk
from milidip.codebook.models import Criterion
from stakeholders.models import Stakeholder

YES_NO_UNKNOWN = [(Risk.NO, _("No")), (Risk.YES, _("Yes")), (Risk.UNKNOWN, _("Not known"))]
CONFIRMATIONS = ("operationally_safe", "nothing_classified", "right_to_publish")
CONSENT = "consent_"
CLEAR = "clear"
EMPTY_ROWS = 2
NOTES = ("evidence", "public_note", "restricted_note")


def lines(rows: int) -> AdminTextareaWidget:
    return AdminTextareaWidget(attrs={"rows": rows})


# --- A: may it be public, and how? -------------------------------------------------------------


class ReviewForm(forms.ModelForm):
    """Publication clearance. A reason is asked whatever is decided; the rest, to clear."""

    class Meta:
        model = EthicalReview
        fields = [
            "identifiable",
            "harm_risk",
            "chatham_house_scope",
            "operationally_safe",
            "nothing_classified",
            "right_to_publish",
            "valid_until",
            "reason",
        ]
        widgets = {
            "identifiable": forms.RadioSelect,
            "harm_risk": forms.RadioSelect,
            "valid_until": AdminDateWidget,
            "chatham_house_scope": forms.TextInput(attrs={"class": "vTextField"}),
            "reason": lines(3),
        }

    def __init__(
        self,
        *args: Any,
        engagement: Engagement,
        named: list[dict[str, Any]],
        decision: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.decision = decision
        for name in ("identifiable", "harm_risk"):
            self.fields[name].choices = YES_NO_UNKNOWN  # type: ignore[attr-defined]
            self.fields[name].required = decision == CLEAR
        self.fields["reason"].required = decision != "assess"
        self.fields["reason"].help_text = _(
            "Why this decision. If you return it, in words that help its author. Never published."
        )
        if engagement.marking == Marking.OPEN:
            del self.fields["chatham_house_scope"]
        elif engagement.marking == Marking.CHATHAM_HOUSE_PART:
            self.asked("chatham_house_scope", _("Say which part was held under the Rule."))
        if engagement.status in EXPIRING:
            self.asked("valid_until", _("Say until when the clearance is valid."))
        else:
            del self.fields["valid_until"]
        cannot = _("Confirm this. If you cannot, return the record or refuse it.")
        for name in CONFIRMATIONS:
            self.asked(name, cannot)
        self.consents = [self.consent(person, cannot) for person in named]

    def asked(self, name: str, message: Any) -> None:
        """To clear takes an answer; to return or to refuse does not."""
        self.fields[name].required = self.decision == CLEAR
        self.fields[name].error_messages["required"] = message

    def consent(self, person: dict[str, Any], message: Any) -> str:
        """One box for each person who would be named, with the basis to be confirmed."""
        name = f"{CONSENT}{person['actor']}"
        labels = dict(ConsentBasis.choices)
        basis = ", ".join(str(labels[code]) for code in person["basis"])
        self.fields[name] = forms.BooleanField(label=f"{person['name']}: {basis}", required=False)
        self.asked(name, message)
        return name

    def questions(self) -> list[Any]:
        """The fields in the order in which they are asked, without consent and reason."""
        apart = {"reason", *self.consents}
        return [self[name] for name in self.fields if name not in apart]

    def consent_fields(self) -> list[Any]:
        return [self[name] for name in self.consents]

    def answers(self) -> dict[str, Any]:
        """What `workflow.clear` is told."""
        data = {name: value for name, value in self.cleaned_data.items() if CONSENT not in name}
        return data | {"consent_checked": bool(self.consents)}

    def clean_valid_until(self) -> Any:
        day = self.cleaned_data["valid_until"]
        if day and day < today():
            raise forms.ValidationError(_("This day is past."))
        return day


class ConditionForm(forms.Form):
    text = forms.CharField(
        label=_("Condition"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("In words that may be public."),
    )
    owner = forms.ModelChoiceField(
        label=_("Who sees to it"), queryset=User.objects.none(), required=False
    )
    due = forms.DateField(label=_("Due"), required=False, widget=AdminDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = User.objects.filter(is_active=True, is_staff=True)
        self.fields["owner"].queryset = staff.order_by("username")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("text"):
            if data.get("owner") or data.get("due"):
                self.add_error("text", _("Say what has to be done, or empty this line."))
            return data
        if not data.get("owner"):
            self.add_error("owner", _("Say who sees to it."))
        if not data.get("due") and "due" not in self.errors:
            self.add_error("due", _("Say by when."))
        elif data.get("due") and data["due"] < today():
            self.add_error("due", _("This day is past."))
        return data


ConditionFormSet = forms.formset_factory(ConditionForm, extra=EMPTY_ROWS, max_num=20)


# --- B: how was it conducted? ------------------------------------------------------------------


class ConductForm(forms.ModelForm):
    """The conduct assessment: filled in from the last one, and recorded as a new one."""

    class Meta:
        model = ConductAssessment
        fields = [
            "recipient_units",
            "country_context",
            "allegations",
            "serious_risk",
            "human_rights_law",
            "human_rights_law_evidence",
            "humanitarian_law",
            "humanitarian_law_evidence",
            "mitigation",
            "residual_risk",
            "approval_level",
            "monitoring",
            "assessed_on",
            "independence_declared",
        ]
        widgets = {
            **dict.fromkeys(
                (
                    "recipient_units",
                    "country_context",
                    "allegations",
                    "human_rights_law_evidence",
                    "humanitarian_law_evidence",
                    "mitigation",
                    "monitoring",
                ),
                AdminTextareaWidget(attrs={"rows": 2}),
            ),
            "serious_risk": forms.RadioSelect,
            "assessed_on": AdminDateWidget,
            "approval_level": forms.TextInput(attrs={"class": "vTextField"}),
        }

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.engagement = engagement
        self.fields["serious_risk"].choices = YES_NO_UNKNOWN  # type: ignore[attr-defined]
        self.fields["independence_declared"].label = _(
            "I am independent of those who gave and those who received the support"
        )
        self.fields["independence_declared"].required = True
        self.fields["independence_declared"].error_messages["required"] = _(
            "Only who is independent assesses conduct. If you are not, leave it to somebody else."
        )
        for name in ("mitigation", "monitoring"):
            self.fields[name].help_text = _("Needed unless there is no serious risk.")
        self.fields["residual_risk"].help_text = _(
            "If it is high, a second reviewer confirms the assessment before anything is published."
        )

    def clean_assessed_on(self) -> Any:
        day = self.cleaned_data["assessed_on"]
        if day and day > today():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.engagement.gives_support:
            for name, message in (
                ("recipient_units", _("It gives support: say which units receive it.")),
                ("country_context", _("It gives support: say what is known of the country.")),
                ("allegations", _("It gives support: say where allegations were looked for.")),
            ):
                if not data.get(name):
                    self.add_error(name, message)
        if data.get("serious_risk") != Risk.NO:
            for name, message in (
                ("mitigation", _("Say what lowers the risk, or that nothing does.")),
                ("monitoring", _("Say who watches what becomes of it.")),
                ("approval_level", _("Say at which level the support was approved.")),
            ):
                if not data.get(name):
                    self.add_error(name, message)
        for name in ("human_rights_law", "humanitarian_law"):
            if data.get(name) in MET and not data.get(f"{name}_evidence"):
                self.add_error(f"{name}_evidence", _("“Met” needs its evidence."))
        return data


class FindingForm(forms.ModelForm):
    """The finding on one of the four criteria."""

    class Meta:
        model = CriterionFinding
        fields = ["criterion", "rating", *NOTES]
        widgets = {
            "criterion": forms.HiddenInput,
            **dict.fromkeys(NOTES, AdminTextareaWidget(attrs={"rows": 2})),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("rating") in MET and not data.get("evidence"):
            self.add_error("evidence", _("“Met” needs its evidence."))
        return data


class FindingFormSet(forms.BaseFormSet):
    """One for each criterion, none more and none less."""

    def clean(self) -> None:
        if any(self.errors):
            return
        ratings = {form.cleaned_data.get("rating") for form in self.forms}
        if ratings <= {Rating.NOT_ASSESSED, None}:
            raise forms.ValidationError(_("Rate one of the four criteria at least."))


class AllegationForm(forms.ModelForm):
    class Meta:
        model = Allegation
        fields = ["dated", "statement", "source"]
        widgets = {
            "dated": HonestDateInput,
            "statement": lines(2),
            "source": forms.TextInput(attrs={"class": "vTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dated"].required = True
        self.fields["dated"].help_text = _("As much as is known: 2019, 2019-05 or 2019-05-14.")


class Conduct:
    """The assessment with its findings and allegations, on one sheet."""

    def __init__(self, engagement: Engagement, data: Any = None) -> None:
        self.engagement = engagement
        self.earlier = engagement.conduct_assessments.current().first()  # type: ignore[attr-defined]
        initial: dict[str, Any] = {"assessed_on": today()}
        findings: dict[str, dict[str, Any]] = {}
        allegations: list[dict[str, Any]] = []
        if self.earlier:
            kept = [name for name in ConductForm.Meta.fields if name != "independence_declared"]
            initial = {name: getattr(self.earlier, name) for name in kept} | initial
            findings = {
                finding.criterion_id: forms.model_to_dict(finding, FindingForm.Meta.fields)
                for finding in self.earlier.findings.all()
            }
            allegations = [
                forms.model_to_dict(each, AllegationForm.Meta.fields)
                for each in self.earlier.allegations_consulted.all()
            ]
        self.form = ConductForm(data, prefix="conduct", initial=initial, engagement=engagement)
        criteria = list(Criterion.objects.all())
        made = forms.formset_factory(FindingForm, formset=FindingFormSet, extra=0)
        self.findings = made(
            data,
            prefix="findings",
            initial=[{"criterion": term.pk, **findings.get(term.pk, {})} for term in criteria],
        )
        labels = {str(term.pk): term for term in criteria}
        for form in self.findings:
            form.term = labels.get(str(form["criterion"].value()))
        made = forms.formset_factory(
            AllegationForm, extra=EMPTY_ROWS, max_num=50, can_delete=True, can_delete_extra=False
        )
        self.allegations = made(data, prefix="allegations", initial=allegations)

    @property
    def parts(self) -> tuple[Any, ...]:
        return self.form, self.findings, self.allegations

    def has_changed(self) -> bool:
        """Whether somebody filled in something: the day alone is no assessment."""
        changed = set(self.form.changed_data) - {"assessed_on"}
        return bool(changed) or self.findings.has_changed() or self.allegations.has_changed()

    def is_valid(self) -> bool:
        valid = [part.is_valid() for part in self.parts]  # every error is told at once
        return all(valid)

    def instances(self) -> tuple[ConductAssessment, list[CriterionFinding], list[Allegation]]:
        assessment = self.form.save(commit=False)
        assessment.engagement = self.engagement
        findings = [
            form.save(commit=False)
            for form in self.findings
            if form.cleaned_data["rating"] != Rating.NOT_ASSESSED
            or any(form.cleaned_data[name] for name in NOTES)
        ]
        allegations = [
            form.save(commit=False)
            for form in self.allegations
            if form.cleaned_data.get("dated") and form not in self.allegations.deleted_forms
        ]
        return assessment, findings, allegations


def with_names(named: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the persons of `workflow.named_persons` with their names, for the reviewer."""
    names = dict(
        Stakeholder.objects.filter(reference__in=[each["actor"] for each in named]).values_list(
            "reference", "name"
        )
    )
    return [each | {"name": names.get(each["actor"], each["actor"])} for each in named]
