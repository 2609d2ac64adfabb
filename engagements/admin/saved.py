"""Saved filters: kept from a list with one press, then renamed, shared, ordered or deleted here."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from engagements import saved_filters
from engagements.admin import worklist
from engagements.models import Engagement, SavedFilter
from milidip.catalogue.addresses import base_url
from milidip.catalogue.middleware import read_register
from stakeholders.history import Part
from stakeholders.models import Stakeholder
from stakeholders.screens import WorkingAdmin

LISTS: dict[str, Any] = {
    SavedFilter.Of.ENGAGEMENTS: Engagement,
    SavedFilter.Of.STAKEHOLDERS: Stakeholder,
}


class SavedFilterForm(forms.ModelForm):
    """A name, and who sees it. Owner and list are known before."""

    class Meta:
        model = SavedFilter
        fields = ["name", "shared"]

    def clean_name(self) -> str:
        """The database refuses two of a name; owner and list are no part of the form."""
        name = " ".join(self.cleaned_data["name"].split())
        of_one = SavedFilter.objects.filter(owner=self.instance.owner, of=self.instance.of)
        if of_one.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("You have a saved filter of this name already."))
        return name


class NewFilterForm(SavedFilterForm):
    """Who may not share is not asked."""

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, label_suffix="")
        self.fields["name"].widget.attrs |= {"class": "vTextField", "autocomplete": "off"}
        if not may_share:
            del self.fields["shared"]


class PublicFilterForm(NewFilterForm):
    """The same for a list of the public catalogue, by its address."""

    address = forms.CharField(
        label=_("Address of the public list"),
        max_length=saved_filters.LONGEST,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=_(
            "Filter the catalogue, copy the address from the browser and paste it here: "
            "https://…/engagements/?theme=cyber"
        ),
    )
    field_order = ["address", "name", "shared"]

    def __init__(self, *args: Any, hosts: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hosts = hosts

    def clean_address(self) -> list[list[str]]:
        pairs = saved_filters.public_pairs(self.cleaned_data["address"], self.hosts)
        return [list(pair) for pair in pairs]

    def save(self, commit: bool = True) -> SavedFilter:
        self.instance.query = self.cleaned_data["address"]
        return super().save(commit)


@admin.register(SavedFilter)
class SavedFilterAdmin(WorkingAdmin):
    """One's own, and what others share. A filter is made where the list is, not here."""

    form = SavedFilterForm
    list_display = ["name", "of", "owner", "shared", "order"]
    list_filter = ["of", "shared"]
    list_select_related = ["owner"]
    history_parts = (Part(SavedFilter, "pk", skip=frozenset({"query"})),)
    change_list_template = "admin/engagements/savedfilter/change_list.html"

    class Media:
        css = {"all": ["admin_extra/desk.css"]}

    # --- who may do what -----------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedFilter]:
        """What somebody keeps for themselves is nobody else's, whatever their role."""
        readable = saved_filters.readable_by(request.user)  # type: ignore[arg-type]
        return readable.order_by(*self.get_ordering(request) or SavedFilter._meta.ordering)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """“Save this filter” stands above each list."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or saved_filters.may_change(request.user, obj)  # type: ignore[arg-type]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or saved_filters.may_change(request.user, obj)  # type: ignore[arg-type]

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """The action asks for no permission on each: they are deleted one by one."""
        location = action_location or admin.ActionLocation.CHANGE_LIST
        actions = super().get_actions(request, action_location=location)
        actions.pop("delete_selected", None)
        return actions

    # --- its page ------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["name", ("shared", "order"), ("of", "owner"), "leads_to"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["of", "owner", "leads_to"]
        return fixed if saved_filters.may_share(request.user) else [*fixed, "shared"]  # type: ignore[arg-type]

    @admin.display(description=_("leads to"))
    def leads_to(self, obj: SavedFilter) -> Any:
        address = saved_filters.address_of(obj)
        return format_html('<a href="{0}">{0}</a>', address)

    # --- its other pages -----------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        return [
            path(
                "save/",
                self.admin_site.admin_view(self.save_view),
                name="engagements_savedfilter_save",
            ),
            path(
                "public/",
                self.admin_site.admin_view(self.public_view),
                name="engagements_savedfilter_public",
            ),
            *super().get_urls(),
        ]

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the filter of a list of the admin under a name, and go back to the list."""
        model = LISTS.get(request.POST.get("of", ""))
        if request.method != "POST" or model is None or not _may_save(request):
            raise PermissionDenied
        of = SavedFilter.Of(request.POST["of"])
        model_admin: Any = self.admin_site.get_model_admin(model)
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        back = reverse(saved_filters.CHANGELISTS[of])
        try:
            pairs = saved_filters.admin_pairs(QueryDict(request.POST.get("query", "")[:9999]))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return HttpResponseRedirect(back)
        saved = SavedFilter(of=of, owner=request.user, query=[list(pair) for pair in pairs])
        query = saved_filters.query_of(saved).urlencode()
        if not pairs or worklist.listed(model_admin, request, query) is None:
            messages.error(request, gettext("The list does not take this filter."))
            return HttpResponseRedirect(back)
        form = NewFilterForm(request.POST, instance=saved, may_share=_may_share(request))
        if form.is_valid():
            form.save()
            messages.success(request, gettext("Saved. You find it above the list."))
            return HttpResponseRedirect(saved_filters.address_of(saved))
        title = _("Save this filter")
        return self._page(request, "save.html", title, form=form, saved=saved, query=query)

    def public_view(self, request: HttpRequest) -> HttpResponse:
        """The saved lists of the public catalogue, with what each finds today."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_save = _may_save(request)
        if request.method == "POST" and not may_save:
            raise PermissionDenied
        form = PublicFilterForm(
            request.POST if request.method == "POST" else None,
            instance=SavedFilter(of=SavedFilter.Of.CATALOGUE, owner=request.user),
            may_share=_may_share(request),
            hosts={request.get_host(), urlsplit(settings.PUBLIC_BASE_URL).netloc} - {""},
        )
        if form.is_valid():
            form.save()
            messages.success(request, gettext("Saved. You find it below."))
            return HttpResponseRedirect(request.path)
        read_register()  # what has to leave today has left before anything is counted
        kept = self.get_queryset(request).filter(of=SavedFilter.Of.CATALOGUE)
        lists = [saved_filters.public_list(saved) for saved in kept.select_related("owner")]
        return self._page(
            request,
            "public.html",
            _("Saved public lists"),
            form=form if may_save else None,
            base=base_url(request),
            lists=[(each, self.has_change_permission(request, each.saved)) for each in lists],
        )

    def _page(
        self, request: HttpRequest, template: str, title: Any, **context: Any
    ) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            f"admin/engagements/savedfilter/{template}",
            {
                **self.admin_site.each_context(request),
                "is_nav_sidebar_enabled": False,
                "title": title,
                "media": self.media,
                "opts": self.opts,
                **context,
            },
        )


def _may_save(request: HttpRequest) -> bool:
    return request.user.has_perm("engagements.add_savedfilter")


def _may_share(request: HttpRequest) -> bool:
    return saved_filters.may_share(request.user)  # type: ignore[arg-type]


def above_the_list(request: HttpRequest, of: str) -> dict[str, Any]:
    """Return what stands above a list of the admin: the saved filters, and the one to be saved."""
    user: Any = request.user
    if not user.has_perm("engagements.view_savedfilter"):
        return {}
    try:
        now = saved_filters.admin_pairs(request.GET)
    except ValidationError:
        now = []
    kept = saved_filters.readable_by(user).filter(of=of).select_related("owner")
    return {
        "saved_filters": [
            {
                "name": saved.name,
                "owner": "" if saved.owner_id == user.pk else str(saved.owner),
                "address": saved_filters.address_of(saved),
                "is_shown": bool(now) and sorted(map(tuple, saved.query)) == sorted(now),
            }
            for saved in kept
        ],
        "of": of,
        "query": urlencode(now),
        "may_save": bool(now) and _may_save(request),
        "may_share": _may_share(request),
    }
