"""One screen on which an engagement is logged, and the list in which it is found again."""

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pghistory
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.forms import CheckboxSelectMultiple, Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from engagements import defaults, protection, quality, queues, restoring, workflow
from engagements.admin import at_the_form, doubles, gate, quick, restore, unsaved, worklist
from engagements.admin.bulk import clear_together_view
from engagements.admin.bulk_edit import edit_selected_view
from engagements.admin.desk import condition_view, desk_view
from engagements.admin.details import tell_what_fits, warn_of_misfits
from engagements.admin.field_help import FieldHelp
from engagements.admin.filters import FILTERS, flagged
from engagements.admin.glossary import glossary_view
from engagements.admin.quality import quality_view
from engagements.admin.regions import follow_view
from engagements.admin.review import review_view
from engagements.admin.screen import (
    ANCHORS,
    FIELDSETS,
    ON_THE_SCREEN,
    PARTS,
    REASON,
    SCREEN,
    history_parts,
)
from engagements.conduct import may_assess
from engagements.doubles import may_merge
from engagements.forms import EngagementForm, RefersToSourcesFormSet
from engagements.importing import duplicates
from engagements.models import (
    Engagement,
    Hold,
    Participation,
    Place,
    Publication,
    Schedule,
    Source,
)
from engagements.tracks import track_doubts
from milidip.catalogue import models as public
from milidip.codebook.choices import ReviewDecision, State
from milidip.codebook.models import ActivityType
from stakeholders.admin import matching
from stakeholders.history import Change, Part
from stakeholders.models import Stakeholder
from stakeholders.screens import WorkingAdmin


@admin.register(Engagement)
class EngagementAdmin(FieldHelp, WorkingAdmin):
    form = EngagementForm
    fieldsets = FIELDSETS
    inlines = PARTS
    autocomplete_fields = ["series"]
    list_display = [
        "reference",
        "title_shown",
        "activity",
        "track",
        "when",
        "state_shown",
        "changed_on",
    ]
    list_display_links = ["reference"]
    list_filter = FILTERS
    list_select_related = ["activity", "track"]
    list_per_page = 50
    search_fields = ["title"]
    search_help_text = _("Title, reference, who took part, place, or identifier in a dataset")
    date_hierarchy = "start_earliest"
    actions = ["submit_selected", "clear_selected", "publish_selected", "edit_selected"]
    history_restricted = (
        (
            "engagements.criterionfinding",
            "restricted_note",
            "engagements.review_engagement",
        ),
    )

    class Media:
        css = {"all": ["admin_extra/desk.css", "admin_extra/form.css"]}
        js = [
            Script("admin_extra/unsaved.js", defer=True),
            Script("admin_extra/engagement.js", defer=True),
        ]

    # --- who may do what -----------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An author changes what is in their hands; an editor, anything."""
        if not super().has_change_permission(request, obj):
            return False
        if obj is not None and hasattr(obj, "merged"):
            return False  # it lives on in another record
        return obj is None or workflow.may_edit(request.user, obj.created_by_id, obj.state)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A draft that was never public can be thrown away; everything else is withdrawn."""
        if obj is None:
            return super().has_change_permission(request)
        return (
            obj.state == State.DRAFT
            and not obj.publications.exists()
            and not obj.conduct_assessments.exists()
            and self.has_change_permission(request, obj)
        )

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """Drafts are thrown away one by one, where one sees what goes."""
        location = action_location or admin.ActionLocation.CHANGE_LIST
        actions = super().get_actions(request, action_location=location)
        actions.pop("delete_selected", None)
        return actions

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("engagements.submit_engagement")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("engagements.review_engagement")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("engagements.publish_engagement")

    # --- the screen ----------------------------------------------------------------------------

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in restoring.LISTS:
            kwargs["widget"] = CheckboxSelectMultiple(attrs={"class": "terms"})
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "activity":
            formfield.queryset = ActivityType.by_family()
        return formfield

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "series":
            for action in ("change", "delete", "view"):
                setattr(formfield.widget, f"can_{action}_related", False)
        return formfield

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever changes what the public reads says why."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj) or not is_public(obj):
            return fieldsets
        return [*fieldsets, (REASON, {"fields": ["change_reason"]})]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **kwargs)
        return type(
            form.__name__,
            (form,),
            {
                "asks_why": obj is not None and is_public(obj),
                "only_shown": getattr(request, "only_shown", False),
                "meeting": getattr(request, "meeting", None),
            },
        )

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        """Hand the sources to the parts that refer to them, which may be new on the same page."""
        formsets, inlines = super()._create_formsets(request, obj, change)
        sources = next(formset for formset in formsets if formset.model is Source)
        for formset in formsets:
            if isinstance(formset, RefersToSourcesFormSet):
                formset.connect(sources)
        return formsets, inlines

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"content_licence": "CC BY 4.0", **super().get_changeform_initial_data(request)}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What was typed earlier is taken up, and meets what others have saved since."""
        # The checklist needs the width that the list of everything else would take.
        extra_context = {"is_nav_sidebar_enabled": False, **(extra_context or {})}

        def view(wanted: HttpRequest) -> HttpResponse:
            # What was taken up is sent to the address of the form alone.
            address = form_url or (request.path if wanted is not request else "")
            return super(EngagementAdmin, self).changeform_view(
                wanted, object_id, address, extra_context
            )

        return at_the_form.opened(self, view, request, object_id)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context |= doubles.look_alikes_of(obj, request)
        context["may_merge"] = may_merge(request.user)
        tell_what_fits([part.opts for part in context["inline_admin_formsets"]])
        fieldsets = {fieldset.name: fieldset for fieldset in context["adminform"]}
        parts = {type(part.opts): part for part in context["inline_admin_formsets"]}
        screen = ((fieldsets.get(item), parts.get(item)) for item in SCREEN)
        context["screen"] = [pair for pair in screen if any(pair)]
        if change and request.method == "POST":
            obj = self.get_object(request, str(obj.pk))  # type: ignore[union-attr]  # as saved
            context |= {"original": obj, "subtitle": str(obj)}
        if getattr(request, "only_shown", False):
            at_the_form.forget_errors(context)
        if obj is not None:
            context["panel"] = self.panel(request, obj)
            context["badges"] = quality.of(obj)
            if self.has_change_permission(request, obj):
                context["next_in_list"] = worklist.following(self, request, obj.pk)
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may and not context["is_popup"]:
            problems = context["panel"]["problems"] if obj else []
            context |= at_the_form.beside(self, request, obj, [each for each, _at in problems])
        context["may_submit"] = self.has_submit_permission(request) and (
            obj is None
            or (
                obj.state in (State.DRAFT, State.RETURNED)
                and self.has_change_permission(request, obj)
            )
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def panel(self, request: HttpRequest, obj: Engagement) -> dict[str, Any]:
        """Where the record stands, what is missing, and what this person may do about it."""
        publications: Any = obj.publications  # type: ignore[attr-defined]
        version = publications.filter(withdrawn_at=None).order_by("-number").first()
        reviews = list(
            obj.reviews.current()  # type: ignore[attr-defined]
            .select_related("reviewer", "reaffirms")
            .prefetch_related("conditions__owner")
            .defer("saw", "reaffirms__saw")
        )
        review = reviews[0] if reviews else None
        against = (ReviewDecision.RETURNED, ReviewDecision.REFUSED)
        conduct = obj.conduct_assessments.current().first()  # type: ignore[attr-defined]
        reviewer = self.has_review_permission(request)
        own = workflow.is_own_work(obj, request.user) and not settings.ONE_PERSON_MODE  # type: ignore[arg-type]
        changed = version is not None and workflow.has_unpublished_changes(obj)
        settled = obj.state == State.PUBLISHED and not changed
        problems = [] if settled else workflow.problems(obj)
        return {
            "state": obj.state,
            "label": obj.get_state_display(),
            "version": version,
            "changed": changed,
            "public": public.Entry.objects.filter(reference=obj.reference).exists(),
            "holds": Hold.objects.standing().filter(engagement=obj),
            "schedule": Schedule.objects.filter(engagement=obj).first(),
            "invitation": getattr(obj, "invitation", None),
            "offline": [
                (place, self.anchor(place))
                for place, _actor in (protection.why_offline(obj) if version else [])
            ],
            "review": review,
            "reviews": reviews,
            "may_review": reviewer
            and not own
            and (obj.state == State.SUBMITTED or bool(workflow.due_again(obj, review))),
            "may_read_review": reviewer,
            "flags": queues.flags_on(obj),
            "user": request.user,
            "reason": review.reason if review and review.decision in against else "",
            "problems": [(problem, self.anchor(problem.field)) for problem in problems],
            "steps": gate.open_steps(
                request.user,
                obj,
                public=version is not None,
                may_change=self.has_change_permission(request, obj),
            ),
            "twins": [
                (pair, pair.second if pair.first_id == obj.pk else pair.first)
                for pair in duplicates.standing(obj.pk)
            ],
            "may_settle": self.has_change_permission(request, obj),
            "conduct": conduct,
            "may_assess": reviewer and not may_assess(obj, request.user),  # type: ignore[arg-type]
            "may_see_conduct": conduct is not None
            and request.user.has_perm("engagements.view_conductassessment"),
        }

    def anchor(self, field: str) -> str:
        """The id of the place on the screen where a problem can be mended."""
        if not field:
            return ""
        first = field.split()[0]
        if first in ANCHORS:
            return ANCHORS[first]
        return f"id_{first}" if first in ON_THE_SCREEN else ""

    # --- saving --------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        obj.updated_by = request.user
        if reason := form.cleaned_data.get("change_reason"):
            pghistory.context(reason=reason)  # of everything that this request writes
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        at_the_form.is_saved(request, form.instance)
        for formset in formsets:
            if isinstance(formset, RefersToSourcesFormSet):
                formset.refer()
        obj = form.instance
        if obj.track_id:
            obj.touches.add(obj.track_id)
        self.say_what_was_set(request, form, change)
        self.warn_about_track(request, obj)
        warn_of_misfits(request, obj)
        if same := doubles.keep_answers(request, obj):
            request.same_event = doubles.after_same(request, obj, same)  # type: ignore[attr-defined]
        elif not change:
            doubles.remind(request, obj)

    def say_what_was_set(self, request: HttpRequest, form: Any, change: bool) -> None:
        """Give a new record its embargo, and say what else was set because nobody chose."""
        obj, told = form.instance, list(form.set_by_default)
        announced = Participation.objects.filter(engagement=obj, announced=True).exists()
        if not change and (embargo := defaults.embargo_of(obj, announced=announced)):
            obj.embargo_until = embargo.value
            obj.save(update_fields=["embargo_until", "updated_at"])
            told.append(embargo)
        for default in told:
            if default.told:
                messages.info(request, default.told)

    def warn_about_track(self, request: HttpRequest, obj: Engagement) -> None:
        participations: Any = obj.participations  # type: ignore[attr-defined]
        capacities = set(participations.values_list("capacity_id", flat=True))
        for doubt in track_doubts(obj.track_id, capacities):
            if obj.track_note:
                told = gettext("Your reason is kept: “%s”") % obj.track_note
            else:
                told = gettext("Check both; if it is right, say why under “Why this track”.")
            messages.warning(request, f"{doubt} {told}")

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if merge_page := getattr(request, "same_event", ""):
            return HttpResponseRedirect(merge_page)
        if "_submit" in request.POST:
            return self.go_to_submit(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if merge_page := getattr(request, "same_event", ""):
            return HttpResponseRedirect(merge_page)
        if "_submit" in request.POST:
            return self.go_to_submit(request, obj)
        return super().response_change(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return worklist.next_page(request) or super().response_post_save_change(request, obj)

    def go_to_submit(self, request: HttpRequest, obj: Engagement) -> HttpResponse:
        self.message_user(request, _("Saved. Submit it below."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:engagements_engagement_submit", args=[obj.pk]))

    # --- its other pages -----------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        def page(view: Any, **options: Any) -> Any:
            def wrapped(request: HttpRequest, object_id: str) -> HttpResponse:
                return view(self, request, unquote(object_id), **options)

            return self.admin_site.admin_view(wrapped)

        steps = [
            path(
                f"<path:object_id>/{step.slug}/",
                page(gate.step_view, slug=step.slug),
                name=f"engagements_engagement_{step.slug}",
            )
            for step in gate.STEPS
        ]
        others = [
            path(
                "desk/",
                self.admin_site.admin_view(partial(desk_view, self)),
                name="engagements_engagement_desk",
            ),
            path(
                "regions/",
                self.admin_site.admin_view(follow_view),
                name="engagements_engagement_regions",
            ),
            path(
                "glossary/",
                self.admin_site.admin_view(partial(glossary_view, self.admin_site)),
                name="engagements_engagement_glossary",
            ),
            path(
                "quality/",
                self.admin_site.admin_view(partial(quality_view, self)),
                name="engagements_engagement_quality",
            ),
            path(
                "conditions/<str:object_id>/",
                page(condition_view),
                name="engagements_engagement_condition",
            ),
            path(
                "<path:object_id>/review/",
                page(review_view),
                name="engagements_engagement_review",
            ),
            path(
                "<path:object_id>/preview/",
                page(gate.preview_view),
                name="engagements_engagement_preview",
            ),
            path(
                "<path:object_id>/restore/",
                page(restore.restore_view),
                name="engagements_engagement_restore",
            ),
            path(
                "<path:object_id>/different/",
                page(EngagementAdmin.different_view),
                name="engagements_engagement_different",
            ),
        ]
        pages = [*doubles.urls_of(self), *quick.urls_of(self), *unsaved.urls_of(self)]
        return [*steps, *others, *pages, *super().get_urls()]

    def restore_points(
        self, request: HttpRequest, obj: Any, changes: list[Change]
    ) -> dict[datetime, str]:
        """Each state that said something else than now, for whoever may change the record."""
        if not self.has_change_permission(request, obj):
            return {}
        address = reverse("admin:engagements_engagement_restore", args=[obj.pk])
        moments = [change.when for change in changes if restoring.says_something(change)]
        return {
            moment: f"{address}?{urlencode({'at': moment.isoformat()})}" for moment in moments[1:]
        }

    def different_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that two flagged records are of different engagements."""
        obj = self.get_object(request, object_id)
        if obj is None or request.method != "POST" or not self.has_change_permission(request, obj):
            raise PermissionDenied
        duplicates.settle(obj.pk, request.POST.get("pair", ""), request.user)
        return HttpResponseRedirect(reverse("admin:engagements_engagement_change", args=[obj.pk]))

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """The panel has the link, and only while there is something to see."""
        return None

    def get_history_parts(self) -> tuple[Part, ...]:
        return history_parts()

    # --- the list ------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Columns and filters need the width that the list of everything else would take."""
        return super().changelist_view(
            request, {"is_nav_sidebar_enabled": False, **(extra_context or {})}
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Engagement]:
        """Whether it was merged is asked for each part of the screen: read once."""
        found = super().get_queryset(request)
        found = found.select_related("merged", "activity", "track", "invitation__invited_by")
        return with_version(found).annotate(may_be_double=flagged())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Engagement], search_term: str
    ) -> tuple[QuerySet[Engagement], bool]:
        """Every word has to be found somewhere: in the title, an actor, a place, an identifier."""
        for word in search_term.split():
            actors = matching(Stakeholder.objects.all(), word)
            queryset = queryset.filter(
                Q(title__unaccent__icontains=word)
                | Q(reference__iexact=word)
                | Q(source_id__iexact=word)
                | Q(series__name__unaccent__icontains=word)
                | Exists(
                    Participation.objects.filter(
                        engagement=OuterRef("pk"), stakeholder__in=actors.values("pk")
                    )
                )
                | Exists(
                    Place.objects.filter(engagement=OuterRef("pk"), name__unaccent__icontains=word)
                )
            )
        return queryset, False

    @admin.display(description=_("title"), ordering="title")
    def title_shown(self, obj: Any) -> Any:
        """The title, and a word beside it when another record may be of the same engagement."""
        title = f"[{obj.title}]" if obj.title_supplied else obj.title
        if obj.may_be_double:
            return format_html("{} <small>{}</small>", title, gettext("possible duplicate"))
        return title

    @admin.display(description=_("when"), ordering="start_earliest")
    def when(self, obj: Engagement) -> str:
        if obj.end and obj.end != obj.start:
            return gettext("%(start)s to %(end)s") % {"start": obj.start or "?", "end": obj.end}
        return obj.start or gettext("not known")

    @admin.display(description=_("state"), ordering="state")
    def state_shown(self, obj: Any) -> SafeString:
        """The state, and beside it the version that the public reads, if there is one."""
        label = STATES_IN_SHORT[obj.state]
        if obj.public_version:
            version = gettext("version %d") % obj.public_version
            return format_html(
                '<span class="state state-{}">{}</span> <small>{}</small>',
                obj.state,
                label,
                version,
            )
        return format_html('<span class="state state-{}">{}</span>', obj.state, label)

    @admin.display(description=_("changed"), ordering="updated_at")
    def changed_on(self, obj: Engagement) -> str:
        return obj.updated_at.date().isoformat()

    # --- many at once --------------------------------------------------------------------------

    @admin.action(description=_("Submit for review"), permissions=["submit"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Engagement]) -> None:
        self.move_each(request, queryset, workflow.submit, _("submitted"), own=True)

    @admin.action(description=_("Clear together, without reading each"), permissions=["review"])
    def clear_selected(
        self, request: HttpRequest, queryset: QuerySet[Engagement]
    ) -> HttpResponse | None:
        return clear_together_view(self, request, queryset)

    @admin.action(description=_("Publish"), permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Engagement]) -> None:
        self.move_each(request, queryset, workflow.publish, _("published"))

    @admin.action(description=_("Change themes, objectives or series"), permissions=["change"])
    def edit_selected(
        self, request: HttpRequest, queryset: QuerySet[Engagement]
    ) -> HttpResponse | None:
        return edit_selected_view(self, request, queryset)

    def move_each(
        self, request: HttpRequest, queryset: Any, move: Any, done: Any, *, own: bool = False
    ) -> None:
        """Move each through the workflow; say how many went, and why each other one did not."""
        moved, stopped = 0, []
        for engagement in queryset:
            if own and not self.has_change_permission(request, engagement):
                stopped.append((engagement, [gettext("It is not yours to submit.")]))
                continue
            try:
                move(engagement, request.user)
            except workflow.NotAllowed as refusal:
                stopped.append((engagement, refusal.problems))
            else:
                moved += 1
        if moved:
            text = ngettext("%(n)d record %(done)s.", "%(n)d records %(done)s.", moved)
            self.message_user(request, text % {"n": moved, "done": done}, messages.SUCCESS)
        for engagement, problems in stopped[:REASONS_SHOWN]:
            self.message_user(
                request,
                "{}: {}".format(engagement.reference, " ".join(map(str, problems))),
                messages.WARNING,
            )
        if len(stopped) > REASONS_SHOWN:
            rest = len(stopped) - REASONS_SHOWN
            text = ngettext("%d more was not moved.", "%d more were not moved.", rest)
            self.message_user(request, text % rest, messages.WARNING)


REASONS_SHOWN = 20
STATES_IN_SHORT = {
    State.DRAFT: _("Draft"),
    State.SUBMITTED: _("Submitted"),
    State.RETURNED: _("Returned"),
    State.CLEARED: _("Cleared"),
    State.REFUSED: _("Refused"),
    State.PUBLISHED: _("Published"),
    State.WITHDRAWN: _("Withdrawn"),
}


def is_editor(user: Any) -> bool:
    return user.has_perm("engagements.publish_engagement")


def is_public(engagement: Engagement) -> bool:
    """Whether a version stands that the public reads, or would but for a hold."""
    return Publication.objects.standing().filter(engagement=engagement).exists()


def with_version(queryset: QuerySet[Engagement]) -> QuerySet[Engagement]:
    """Each engagement with the number of its public version, or none."""
    standing = (
        Publication.objects.filter(engagement=OuterRef("pk"), withdrawn_at=None)
        .order_by()
        .values("engagement")
        .annotate(newest=Max("number"))
        .values("newest")
    )
    return queryset.annotate(public_version=Subquery(standing))
