"""What is asked before a record moves."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget
from django.utils.translation import gettext_lazy as _

from engagements.disclosure import EXPIRING
from engagements.models import Engagement, EthicalReview
from milidip.codebook.choices import Risk


class SubmitForm(forms.Form):
    """Nothing to fill in: the record says it all."""


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("In words that help its author. For staff only, never published."),
    )


class PublishForm(forms.Form):
    change_note = forms.CharField(
        label=_("What changed"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Published with the version. Leave blank for the first one."),
    )


YES_NO_UNKNOWN = [(Risk.NO, _("No")), (Risk.YES, _("Yes")), (Risk.UNKNOWN, _("Not known"))]
CONFIRMATIONS = ("operationally_safe", "nothing_classified", "right_to_publish")


class ClearForm(forms.ModelForm):
    """The questions of a publication clearance."""

    conditions = forms.CharField(
        label=_("Conditions"),
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_(
            "One on each line, in words that may be public. Leave blank if there are none."
        ),
    )

    class Meta:
        model = EthicalReview
        fields = [
            "identifiable",
            "harm_risk",
            "consent_checked",
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
            "reason": AdminTextareaWidget(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("identifiable", "harm_risk"):
            self.fields[name].choices = YES_NO_UNKNOWN
        for name in CONFIRMATIONS:
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = _(
                "Confirm this. If you cannot, return the record or refuse it."
            )
        if engagement.status in EXPIRING:
            self.fields["valid_until"].required = True
        else:
            del self.fields["valid_until"]

    def clean_conditions(self) -> list[str]:
        lines = self.cleaned_data["conditions"].splitlines()
        return [line.strip() for line in lines if line.strip()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("harm_risk") != Risk.NO and not data.get("conditions"):
            self.add_error(
                "conditions",
                _(
                    "Where harm is possible or not known, say under which conditions it is cleared."
                ),
            )
        return data
