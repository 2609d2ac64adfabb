"""What is asked before a record moves."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import ReviewKind


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


class MetForm(forms.Form):
    note = forms.CharField(
        label=_("What was done"),
        max_length=500,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("For staff only. The public reads that the condition is met."),
    )


class BulkForm(forms.Form):
    """What is asked once for many records."""

    was_read = forms.ChoiceField(
        label=_("How were they read?"),
        widget=forms.RadioSelect,
        choices=[
            (ReviewKind.BULK_SAMPLED, _("A sample of them was read")),
            (ReviewKind.BULK, _("None was read: they are cleared by where they come from")),
        ],
    )
    sample_size = forms.IntegerField(
        label=_("Records of the sample that were read"),
        required=False,
        min_value=1,
        help_text=_("Published with each record."),
    )
    safe = forms.BooleanField(
        label=_(
            "Nothing in them is classified, gives away what is planned, or is a text that we "
            "may not publish; and nobody is harmed by it"
        ),
        error_messages={"required": _("Confirm this, or read them one by one.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("What they are and why they can be cleared together. For staff only."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("was_read") == ReviewKind.BULK:
            data["sample_size"] = None
        elif data.get("was_read") and not data.get("sample_size"):
            self.add_error("sample_size", _("Say how many records of the sample were read."))
        return data
