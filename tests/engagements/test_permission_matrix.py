"""Who may do what, to whose record, in which state: the whole matrix, tried at the real pages.

Each table below is what the issue and the design ask for. A test tries every cell through the
admin, as the person in the row would, writes down what really happened, and compares the two
tables. Nothing is looked up in the permissions themselves.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from engagements import groups, invitations, publication, workflow
from engagements.models import (
    Condition,
    ConductAssessment,
    CountryFlag,
    CriterionFinding,
    Engagement,
    EthicalReview,
    FollowedRegion,
    Hold,
    Invitation,
    InvitationMessage,
    Publication,
    ReaderReport,
    SavedFilter,
    Schedule,
    Template,
)
from milidip.codebook.choices import State
from milidip.codebook.models import Theme
from milidip.roles import owner_role
from stakeholders.models import Protection
from tests.engagements.screens import decide, send, send_in
from tests.factories import (
    SAFE_ANSWERS,
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
    submit,
)

pytestmark = pytest.mark.django_db

ROLES = (
    "contributor",
    "reviewer",
    "editor",
    "vocabularies",
    "administrator",
    "no group",
    "anonymous",
)
STATES = {
    "draft": "D",
    "submitted": "S",
    "returned": "R",
    "cleared": "C",
    "refused": "X",
    "published": "P",
    "withdrawn": "W",
}

# --- one record: by whose it is, and by its state ---------------------------------------------
# D draft, S submitted, R returned, C cleared, X refused, P published, W withdrawn; a dot is no.

RECORDS = {
    "view": """
                        own        others'
        contributor     DSRCXPW    DSRCXPW
        reviewer        DSRCXPW    DSRCXPW
        editor          DSRCXPW    DSRCXPW
        vocabularies    DSRCXPW    DSRCXPW
        administrator   DSRCXPW    DSRCXPW
        no group        .......    .......
        anonymous       .......    .......
    """,
    "view history": """
                        own        others'
        contributor     DSRCXPW    DSRCXPW
        reviewer        DSRCXPW    DSRCXPW
        editor          DSRCXPW    DSRCXPW
        vocabularies    DSRCXPW    DSRCXPW
        administrator   DSRCXPW    DSRCXPW
        no group        .......    .......
        anonymous       .......    .......
    """,
    "change": """
                        own        others'
        contributor     D.R....    .......
        reviewer        .......    .......
        editor          DSRCXPW    DSRCXPW
        vocabularies    .......    .......
        administrator   DSRCXPW    DSRCXPW
        no group        .......    .......
        anonymous       .......    .......
    """,
    "delete": """
                        own        others'
        contributor     D......    .......
        reviewer        .......    .......
        editor          D......    D......
        vocabularies    .......    .......
        administrator   D......    D......
        no group        .......    .......
        anonymous       .......    .......
    """,
    "submit": """
                        own        others'
        contributor     D.R....    .......
        reviewer        .......    .......
        editor          D.RC.PW    D.RC.PW
        vocabularies    .......    .......
        administrator   D.RC.PW    D.RC.PW
        no group        .......    .......
        anonymous       .......    .......
    """,
    "clear": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .S.....
        editor          .......    .......
        vocabularies    .......    .......
        administrator   .......    .S.....
        no group        .......    .......
        anonymous       .......    .......
    """,
    "return": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .S.....
        editor          .......    .......
        vocabularies    .......    .......
        administrator   .......    .S.....
        no group        .......    .......
        anonymous       .......    .......
    """,
    "refuse": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .S.....
        editor          .......    .......
        vocabularies    .......    .......
        administrator   .......    .S.....
        no group        .......    .......
        anonymous       .......    .......
    """,
    "restore a former state": """
                        own        others'
        contributor     D.R....    .......
        reviewer        .......    .......
        editor          DSRCXPW    DSRCXPW
        vocabularies    .......    .......
        administrator   DSRCXPW    DSRCXPW
        no group        .......    .......
        anonymous       .......    .......
    """,
    "publish": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          .......    ...C...
        vocabularies    .......    .......
        administrator   .......    ...C...
        no group        .......    .......
        anonymous       .......    .......
    """,
    "withdraw": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          .....P.    .....P.
        vocabularies    .......    .......
        administrator   .....P.    .....P.
        no group        .......    .......
        anonymous       .......    .......
    """,
    "schedule": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          .......    ...C...
        vocabularies    .......    .......
        administrator   .......    ...C...
        no group        .......    .......
        anonymous       .......    .......
    """,
    "hide-names": """
                        own        others'
        contributor     .......    .......
        reviewer        .....P.    .....P.
        editor          .....P.    .....P.
        vocabularies    .......    .......
        administrator   .....P.    .....P.
        no group        .......    .......
        anonymous       .......    .......
    """,
    "show-names": """
                        own        others'
        contributor     .......    .......
        reviewer        .....P.    .....P.
        editor          .....P.    .....P.
        vocabularies    .......    .......
        administrator   .....P.    .....P.
        no group        .......    .......
        anonymous       .......    .......
    """,
    "hide": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          .....P.    .....P.
        vocabularies    .......    .......
        administrator   .....P.    .....P.
        no group        .......    .......
        anonymous       .......    .......
    """,
    "show": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          .....P.    .....P.
        vocabularies    .......    .......
        administrator   .....P.    .....P.
        no group        .......    .......
        anonymous       .......    .......
    """,
    "reaffirm": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    ...C.P.
        editor          .......    .......
        vocabularies    .......    .......
        administrator   .......    ...C.P.
        no group        .......    .......
        anonymous       .......    .......
    """,
    "submit from the list": """
                        own        others'
        contributor     D.R....    .......
        reviewer        .......    .......
        editor          D.RC.PW    D.RC.PW
        vocabularies    .......    .......
        administrator   D.RC.PW    D.RC.PW
        no group        .......    .......
        anonymous       .......    .......
    """,
    "clear from the list": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .S.....
        editor          .......    .......
        vocabularies    .......    .......
        administrator   .......    .S.....
        no group        .......    .......
        anonymous       .......    .......
    """,
    "publish from the list": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          .......    ...C...
        vocabularies    .......    .......
        administrator   .......    ...C...
        no group        .......    .......
        anonymous       .......    .......
    """,
    "edit from the list": """
                        own        others'
        contributor     D.R....    .......
        reviewer        .......    .......
        editor          DSRCXPW    DSRCXPW
        vocabularies    .......    .......
        administrator   DSRCXPW    DSRCXPW
        no group        .......    .......
        anonymous       .......    .......
    """,
    "delete from the list": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          .......    .......
        vocabularies    .......    .......
        administrator   .......    .......
        no group        .......    .......
        anonymous       .......    .......
    """,
}

# In the one-person mode four eyes are two. Everything else is as above.
ONE_PERSON = {
    "clear": """
                        own        others'
        contributor     .......    .......
        reviewer        .S.....    .S.....
        editor          .......    .......
        vocabularies    .......    .......
        administrator   .S.....    .S.....
        no group        .......    .......
        anonymous       .......    .......
    """,
    "publish": """
                        own        others'
        contributor     .......    .......
        reviewer        .......    .......
        editor          ...C...    ...C...
        vocabularies    .......    .......
        administrator   ...C...    ...C...
        no group        .......    .......
        anonymous       .......    .......
    """,
}

# --- the rest of the working side -------------------------------------------------------------

HOUSE = """
                                        contributor reviewer editor vocabularies administrator no-group anonymous
    see the front page                  yes         yes      yes    yes          yes           yes      .
    add an engagement                   yes         .        yes    .            yes           .        .
    log an engagement quickly           yes         .        yes    .            yes           .        .
    import a file                       yes         .        yes    .            yes           .        .
    add an actor                        yes         .        yes    .            yes           .        .
    change an actor                     yes         .        yes    .            yes           .        .
    delete an actor                     .           .        .      .            yes           .        .
    add a series                        yes         .        yes    .            yes           .        .
    log the next edition                yes         .        yes    .            yes           .        .
    keep a template                     yes         .        yes    .            yes           .        .
    ask whether it is logged            yes         yes      yes    yes          yes           .        .
    merge two records                   .           .        yes    .            yes           .        .
    read the codebook                   yes         yes      yes    yes          yes           .        .
    add a term                          .           .        .      yes          yes           .        .
    change a term of one's own          .           .        .      yes          yes           .        .
    change a term that ships            .           .        .      .            .             .        .
    delete a term of one's own          .           .        .      .            yes           .        .
    assess conduct                      .           yes      .      .            yes           .        .
    confirm an assessment               .           yes      .      .            yes           .        .
    mark a condition as met             .           yes      .      .            yes           .        .
    mark a condition of one's own       yes         yes      yes    yes          yes           .        .
    open the review desk                .           yes      .      .            yes           .        .
    flag a country                      .           yes      yes    .            yes           .        .
    lift a flag                         .           yes      yes    .            yes           .        .
    delete a flag                       .           .        .      .            .             .        .
    read a restricted note              .           yes      .      .            yes           .        .
    read it in the history              .           yes      .      .            yes           .        .
    see why somebody is protected       .           yes      yes    .            yes           .        .
    read a protected name in history    .           yes      yes    .            yes           .        .
    protect somebody                    .           yes      yes    .            yes           .        .
    merge two actors                    .           .        yes    .            yes           .        .
    ask for an erasure                  .           yes      yes    .            yes           .        .
    read what people asked for          .           yes      yes    .            yes           .        .
    log what somebody asks for          .           .        yes    .            yes           .        .
    read what readers report            .           yes      yes    .            yes           .        .
    close a report of a reader          .           yes      yes    .            yes           .        .
    hide a record after a report        .           .        yes    .            yes           .        .
    make up a report of a reader        .           .        .      .            .             .        .
    read invitations                    .           .        yes    .            yes           .        .
    invite somebody                     .           .        yes    .            yes           .        .
    answer somebody invited             .           .        yes    .            yes           .        .
    revoke an invitation                .           .        yes    .            yes           .        .
    renew an invitation                 .           .        yes    .            yes           .        .
    delete an invitation                .           .        .      .            .             .        .
    send in by an invitation            yes         yes      yes    yes          yes           yes      yes
    report a risk                       yes         yes      yes    yes          yes           yes      yes
    lift a protection                   .           .        .      .            yes           .        .
    see possible duplicates             .           .        yes    .            yes           .        .
    list what was published             .           .        .      .            yes           .        .
    change a review                     .           .        .      .            .             .        .
    see what could be better            yes         yes      yes    yes          yes           .        .
    save a filter                       yes         yes      yes    .            yes           .        .
    share a filter                      .           yes      yes    .            yes           .        .
    use what others share               yes         yes      yes    yes          yes           .        .
    use what others keep                .           .        .      .            .             .        .
    save a public list                  yes         yes      yes    .            yes           .        .
    follow a region                     yes         yes      yes    yes          yes           .        .
    read the glossary                   yes         yes      yes    yes          yes           yes      .
    manage accounts                     .           .        .      .            yes           .        .
    manage groups                       .           .        .      .            yes           .        .
    remove a second factor              .           .        .      .            yes           .        .
    import and publish in bulk          .           .        .      .            yes           .        .
    publish in bulk                     .           .        .      .            yes           .        .
    download the public tables          yes         yes      yes    yes          yes           yes      yes
"""


def person(role: str) -> User | None:
    """Somebody in this role, with nothing else to their name."""
    if role == "anonymous":
        return None
    if role == "vocabularies":
        user = UserFactory()
        user.groups.add(Group.objects.get(name=groups.VOCABULARY_MANAGER))
        return user
    return UserFactory(**({} if role == "no group" else {role: True}))


def client_of(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


class UndoError(Exception):
    """Take back whatever an attempt did."""


def undone(attempt: Callable[[], bool]) -> bool:
    happened = False
    try:
        with transaction.atomic():
            happened = attempt()
            raise UndoError
    except UndoError:
        return happened


# --- records -------------------------------------------------------------------------------------


def url(engagement: Engagement, page: str) -> str:
    return reverse(f"admin:engagements_engagement_{page}", args=[engagement.pk])


LIST = reverse("admin:engagements_engagement_changelist")


def state_of(engagement: Engagement) -> str:
    return Engagement.objects.values_list("state", flat=True).get(pk=engagement.pk)


def exists(engagement: Engagement) -> bool:
    return Engagement.objects.filter(pk=engagement.pk).exists()


def view(client: Client, engagement: Engagement) -> bool:
    return client.get(url(engagement, "change")).status_code == 200


def view_history(client: Client, engagement: Engagement) -> bool:
    return client.get(url(engagement, "history")).status_code == 200


def change(client: Client, engagement: Engagement) -> bool:
    """By the form if there is one; by force if there is none."""
    address = url(engagement, "change")
    page = client.get(address)
    if page.status_code == 200 and 'name="_save"' in page.content.decode():
        why = {"change_reason": "Better."} if "change_reason" in page.content.decode() else {}
        send(client, address, title="Changed", button="_save", **why)
    else:
        client.post(address, {"title": "Changed", "activity": "joint_exercise"})
    return Engagement.objects.filter(pk=engagement.pk, title="Changed").exists()


def restores(client: Client, engagement: Engagement) -> bool:
    """To the present state: whoever may see what restoring would do may do it."""
    at = {"at": timezone.now().isoformat()}
    page = client.get(url(engagement, "restore"), at)
    return page.status_code == 200 and "Restore a former state" in page.content.decode()


def delete(client: Client, engagement: Engagement) -> bool:
    client.post(url(engagement, "delete"), {"post": "yes"})
    return not exists(engagement)


ANSWERS = {"reason": "Read in full.", "change_note": ""}
STEPS = {
    "submit": State.SUBMITTED,
    "clear": State.CLEARED,
    "return": State.RETURNED,
    "refuse": State.REFUSED,
    "publish": State.PUBLISHED,
    "withdraw": State.WITHDRAWN,
}


def moved(engagement: Engagement, to: str, before: tuple[int, int]) -> bool:
    return state_of(engagement) == to and counted() != before


def counted() -> tuple[int, int]:
    """What a move leaves behind beside the state: reviews, and versions that stand."""
    return EthicalReview.objects.count(), Publication.objects.filter(withdrawn_at=None).count()


def step(slug: str) -> Callable[[Client, Engagement], bool]:
    def attempt(client: Client, engagement: Engagement) -> bool:
        before, was = counted(), state_of(engagement)
        if slug in ("clear", "return", "refuse"):
            decide(client, url(engagement, "review"), slug)
        else:
            client.post(url(engagement, slug), ANSWERS)
        if slug == "submit":
            return was != State.SUBMITTED and state_of(engagement) == State.SUBMITTED
        return moved(engagement, STEPS[slug], before)

    return attempt


def from_the_list(action: str) -> Callable[[Client, Engagement], bool]:
    def attempt(client: Client, engagement: Engagement) -> bool:
        before, was = counted(), state_of(engagement)
        asked = {"ask": "1", "was_read": "bulk", "safe": "on", "reason": "One list."}
        chosen = {"action": action, "_selected_action": [engagement.pk], "post": "yes"}
        client.post(LIST, chosen | asked)
        if not exists(engagement):
            return action == "delete_selected"
        if action == "submit_selected":
            return was != State.SUBMITTED and state_of(engagement) == State.SUBMITTED
        to = State.CLEARED if action == "clear_selected" else State.PUBLISHED
        return moved(engagement, to, before)

    return attempt


def edits_from_the_list(client: Client, engagement: Engagement) -> bool:
    """Look at what would change, and agree to it."""
    asked: dict[str, Any] = {"action": "edit_selected", "_selected_action": engagement.pk}
    asked |= {"themes_how": "add", "themes": "cyber"}
    shown = client.post(LIST, asked | {"step": "preview"}).content.decode()
    if seen := re.search(r'name="seen" value="(\w+)"', shown):
        agreed = {"step": "write", "seen": seen[1], "reason": "Together."}
        client.post(LIST, asked | agreed)
    return engagement.themes.exists()  # type: ignore[attr-defined]


def reaffirms(client: Client, engagement: Engagement) -> bool:
    """Once something was changed; before that there is nothing to reaffirm."""
    Engagement.objects.filter(pk=engagement.pk).update(summary="Something else.")
    before = counted()
    decide(client, url(engagement, "review"), "reaffirm", reaffirm__reason="Still right.")
    return state_of(engagement) == State.CLEARED and counted() != before


def schedules(client: Client, engagement: Engagement) -> bool:
    Engagement.objects.filter(pk=engagement.pk).update(embargo_until="2099-01-01")
    client.post(url(engagement, "schedule"), ANSWERS)
    return Schedule.objects.filter(engagement=engagement).exists()


def hides(slug: str, kind: str) -> Callable[[Client, Engagement], bool]:
    def attempt(client: Client, engagement: Engagement) -> bool:
        client.post(url(engagement, slug), ANSWERS)
        return Hold.objects.standing().filter(engagement=engagement, kind=kind).exists()

    return attempt


def shows(slug: str, kind: str) -> Callable[[Client, Engagement], bool]:
    def attempt(client: Client, engagement: Engagement) -> bool:
        if engagement.state != State.PUBLISHED:
            return False
        Hold.objects.create(
            engagement=engagement, kind=kind, reason="Risk.", held_by=UserFactory(editor=True)
        )
        client.post(url(engagement, slug), ANSWERS)
        return not Hold.objects.standing().filter(engagement=engagement).exists()

    return attempt


ATTEMPTS: dict[str, Callable[[Client, Engagement], bool]] = {
    "view": view,
    "view history": view_history,
    "change": change,
    "delete": delete,
    "restore a former state": restores,
    **{slug: step(slug) for slug in STEPS},
    "reaffirm": reaffirms,
    "schedule": schedules,
    "hide-names": hides("hide-names", Hold.Kind.NAMES),
    "show-names": shows("show-names", Hold.Kind.NAMES),
    "hide": hides("hide", Hold.Kind.RECORD),
    "show": shows("show", Hold.Kind.RECORD),
    "submit from the list": from_the_list("submit_selected"),
    "clear from the list": from_the_list("clear_selected"),
    "publish from the list": from_the_list("publish_selected"),
    "edit from the list": edits_from_the_list,
    "delete from the list": from_the_list("delete_selected"),
}


def record_in(state: str) -> Engagement:
    """A record that really went there, by the hands of others."""
    engagement = EngagementFactory(title=f"Exercise {state}")
    reviewer = UserFactory(reviewer=True)
    if state in ("submitted", "returned", "refused"):
        submit(engagement)
    if state == "returned":
        workflow.return_(engagement, reviewer, "Say more.")
    if state == "refused":
        workflow.refuse(engagement, reviewer, "Not for us.")
    if state in ("cleared", "published", "withdrawn"):
        clear(engagement)
    if state in ("published", "withdrawn"):
        publish(engagement)
    if state == "withdrawn":
        workflow.withdraw(engagement, UserFactory(editor=True), "A party asked.")
    engagement.refresh_from_db()
    assert engagement.state == state
    return engagement


def attempt_as(
    author: User | None,
    attempt: Callable[[Client, Engagement], bool],
    client: Client,
    engagement: Engagement,
) -> bool:
    if author:
        Engagement.objects.filter(pk=engagement.pk).update(created_by=author)
    return attempt(client, engagement)


def tried(action: str) -> str:
    """The table of what really happens."""
    records = {state: record_in(state) for state in STATES}
    attempt = ATTEMPTS[action]
    lines = [f"{'':16}{'own':11}others'"]
    for role in ROLES:
        user = person(role)
        client = client_of(user)
        cells = {"own": "", "others'": ""}
        for whose in cells:
            author = user if whose == "own" else None
            for state, engagement in records.items():
                happened = undone(partial(attempt_as, author, attempt, client, engagement))
                cells[whose] += STATES[state] if happened else "."
        lines.append(f"{role:16}{cells['own']:11}{cells["others'"]}")
    return "\n".join(lines)


def table(text: str) -> str:
    lines = [line.strip() for line in text.strip("\n").splitlines()]
    rows = [re.split(r"\s{2,}", line) for line in lines if line]
    head = [["", *rows[0]], *rows[1:]]
    return "\n".join(f"{row[0]:16}{row[1]:11}{row[2]}" for row in head)


@pytest.mark.parametrize("action", RECORDS)
def test_who_may_do_it_to_whose_record_in_which_state(action: str) -> None:
    assert tried(action) == table(RECORDS[action])


@pytest.mark.parametrize("action", ONE_PERSON)
def test_in_one_person_mode_four_eyes_are_two_and_roles_stay(action: str, settings: Any) -> None:
    settings.ONE_PERSON_MODE = True
    assert tried(action) == table(ONE_PERSON[action])


def test_every_way_to_move_a_record_is_in_the_matrix() -> None:
    from engagements.admin import gate
    from engagements.admin.engagement import EngagementAdmin

    in_matrix = {name.replace(" from the list", "_selected") for name in RECORDS}
    known = {entry.slug for entry in gate.STEPS} | set(EngagementAdmin.actions)  # type: ignore[arg-type]
    assert known - LATER <= in_matrix


LATER = {"unschedule"}  # tests/engagements/test_publish_due.py


# --- the same, past the pages --------------------------------------------------------------------

FUNCTIONS: dict[str, tuple[str, Callable[[Engagement, User], Any], set[str]]] = {
    "submit": ("draft", workflow.submit, {"contributor", "editor", "administrator"}),
    "clear": (
        "submitted",
        lambda record, by: workflow.clear(record, by, **SAFE_ANSWERS),
        {"reviewer", "administrator"},
    ),
    "return": (
        "submitted",
        lambda record, by: workflow.return_(record, by, "Say more."),
        {"reviewer", "administrator"},
    ),
    "refuse": (
        "submitted",
        lambda record, by: workflow.refuse(record, by, "Not for us."),
        {"reviewer", "administrator"},
    ),
    "publish": ("cleared", workflow.publish, {"editor", "administrator"}),
    "withdraw": (
        "published",
        lambda record, by: workflow.withdraw(record, by, "A party asked."),
        {"editor", "administrator"},
    ),
}


@pytest.mark.parametrize("role", ROLES[:-1])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_workflow_itself_lets_nobody_else_through(name: str, role: str) -> None:
    """Whoever writes another page or command finds the same refusal."""
    state, move, allowed = FUNCTIONS[name]
    by = person(role)
    assert by is not None
    record = record_in(state)
    if name == "submit":
        Engagement.objects.filter(pk=record.pk).update(created_by=by)
    if role in allowed:
        move(record, by)
        assert state_of(record) == STEPS[name]
    else:
        with pytest.raises(workflow.NotAllowed):
            move(record, by)
        assert state_of(record) == state


@pytest.mark.parametrize("wrote", ["created_by", "submitted_by", "updated_by"])
@pytest.mark.parametrize("role", ["reviewer", "administrator"])
def test_nobody_reviews_what_they_wrote_changed_or_submitted(role: str, wrote: str) -> None:
    by = person(role)
    assert by is not None
    record = record_in("submitted")
    Engagement.objects.filter(pk=record.pk).update(**{wrote: by})
    for move in (workflow.return_, workflow.refuse):
        with pytest.raises(workflow.NotAllowed, match="Nobody reviews what they wrote"):
            move(record, by, "Because.")
    with pytest.raises(workflow.NotAllowed, match="Nobody reviews what they wrote"):
        workflow.clear(record, by, **SAFE_ANSWERS)


# --- the house -----------------------------------------------------------------------------------


@dataclass
class House:
    """Something of everything, to be tried at."""

    def __post_init__(self) -> None:
        self.promised = StakeholderFactory(person=True, name="Jane Zyxmarker")
        self.actor = StakeholderFactory(name="Third Regiment")
        self.somebody = StakeholderFactory(person=True)
        self.record = EngagementFactory(submitted=True)
        ParticipationFactory(engagement=self.record, stakeholder=self.promised)
        Protection.objects.create(
            stakeholder=self.promised, protected_by=UserFactory(), reason="Threatened in June."
        )
        self.review = EngagementFactory(published=True).reviews.get()
        self.conduct = ConductAssessment.objects.create(
            engagement=EngagementFactory(), assessor=UserFactory(), assessed_on="2019-06-01"
        )
        CriterionFinding.objects.create(
            assessment=self.conduct,
            criterion_id="human_rights",
            rating="not_met",
            restricted_note="A witness told us so.",
        )
        self.report = ReaderReport.objects.create(
            engagement=EngagementFactory(published=True), kind="risk", version=1, text="Look."
        )
        self.invitation = Invitation(organisation="Open Hands")
        self.token = invitations.invite(self.invitation, UserFactory(editor=True))
        self.risky = ConductAssessment.objects.create(
            engagement=EngagementFactory(),
            assessor=UserFactory(),
            assessed_on="2019-06-01",
            residual_risk="high",
        )
        conditioned = EngagementFactory()
        clear(conditioned, conditions=["Ask them again."])
        self.condition = Condition.objects.get()
        self.flag = CountryFlag.objects.create(
            country_id="MLI",
            kind="coup",
            since="2020-08-18",
            source="A report",
            set_by=UserFactory(),
        )
        self.term = Theme.objects.create(
            code="of_our_own",
            label="Of our own",
            definition="Made here.",
            group="technology",
            shipped=False,
        )
        self.shipped = Theme.objects.filter(shipped=True).first()


def page(name: str, *arguments: Any) -> str:
    return reverse(f"admin:{name}", args=arguments)


def opens(address: str) -> Callable[[Client, User | None, House], bool]:
    return lambda client, user, house: client.get(address).status_code == 200


def opens_of(name: str) -> Callable[[Client, User | None, House], bool]:
    """A page of a person who is known here."""
    return lambda client, user, house: client.get(page(name, house.somebody.pk)).status_code == 200


def makes_a_draft(name: str) -> Callable[[Client, User | None, House], bool]:
    """What is made at the press of a button: a draft, or a template."""

    def pressed(client: Client, user: User | None, house: House) -> bool:
        before = Engagement.objects.count() + Template.objects.count()
        client.post(url(house.record, name))
        return Engagement.objects.count() + Template.objects.count() > before

    return pressed


def reads(text: str, at: Callable[[House], str]) -> Callable[[Client, User | None, House], bool]:
    return lambda client, user, house: text in client.get(at(house)).content.decode()


def closes_a_report(client: Client, user: User | None, house: House) -> bool:
    answer = {"state": "nothing", "outcome": "Read.", "decision": "keep"}
    client.post(page("engagements_readerreport_change", house.report.pk), answer)
    return not ReaderReport.objects.open().exists()


def hides_after_a_report(client: Client, user: User | None, house: House) -> bool:
    answer = {"state": "done", "outcome": "Hidden.", "decision": "hide"}
    client.post(page("engagements_readerreport_change", house.report.pk), answer)
    return Hold.objects.standing().filter(kind=Hold.Kind.RECORD).exists()


def reports_a_risk(client: Client, user: User | None, house: House) -> bool:
    """Anybody may, signed in or not: nobody is asked who they are."""
    client.post(
        f"/engagements/{house.report.engagement.reference}/risk/",
        "text=Look.",
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "http://testserver"},
    )
    return ReaderReport.objects.count() == 2


def invites(client: Client, user: User | None, house: House) -> bool:
    asked = {"organisation": "Other Hands", "language": "en", "until": house.invitation.until}
    client.post(page("engagements_invitation_add"), asked)
    return Invitation.objects.filter(organisation="Other Hands").exists()


def answers_somebody(client: Client, user: User | None, house: House) -> bool:
    address = page("engagements_invitation_change", house.invitation.pk)
    asked = {"organisation": "Open Hands", "language": "en", "until": house.invitation.until}
    client.post(address, asked | {"answer": "Thank you."})
    return InvitationMessage.objects.exists()


def revokes(client: Client, user: User | None, house: House) -> bool:
    client.post(page("engagements_invitation_revoke", house.invitation.pk))
    return Invitation.objects.in_state(Invitation.State.REVOKED).exists()


def renews(client: Client, user: User | None, house: House) -> bool:
    address = page("engagements_invitation_renew", house.invitation.pk)
    client.post(address, {"until": house.invitation.until})
    return invitations.found(house.token) is None


def deletes_an_invitation(client: Client, user: User | None, house: House) -> bool:
    client.post(page("engagements_invitation_delete", house.invitation.pk), {"post": "yes"})
    return not Invitation.objects.exists()


def sends_in(client: Client, user: User | None, house: House) -> bool:
    """Whoever has the address may, signed in or not: nobody is asked who they are."""
    return send_in(house.token, client=client).status_code == 303


TERM = {
    "label": "Renamed",
    "definition": "Other.",
    "source": "https://example.org/",
    "sort_order": "500",
    "group": "technology",
}


def adds_a_term(client: Client, user: User | None, house: House) -> bool:
    client.post(page("codebook_theme_add"), TERM | {"code": "new_term"})
    return Theme.objects.filter(code="new_term").exists()


def changes_a_term(which: str) -> Callable[[Client, User | None, House], bool]:
    def attempt(client: Client, user: User | None, house: House) -> bool:
        term = getattr(house, which)
        client.post(page("codebook_theme_change", term.pk), TERM)
        return Theme.objects.get(pk=term.pk).label == "Renamed"

    return attempt


def deletes_a_term(client: Client, user: User | None, house: House) -> bool:
    client.post(page("codebook_theme_delete", house.term.pk), {"post": "yes"})
    return not Theme.objects.filter(pk=house.term.pk).exists()


def protects(client: Client, user: User | None, house: House) -> bool:
    address = page("stakeholders_stakeholder_protect", house.actor.pk)
    client.post(address, {"reason": "Threatened."})
    return Protection.objects.filter(stakeholder=house.actor).exists()


def deletes_an_actor(client: Client, user: User | None, house: House) -> bool:
    client.post(page("stakeholders_stakeholder_delete", house.actor.pk), {"post": "yes"})
    return not type(house.actor).objects.filter(pk=house.actor.pk).exists()


def changes_an_actor(client: Client, user: User | None, house: House) -> bool:
    shown = client.get(page("stakeholders_stakeholder_change", house.actor.pk))
    return shown.status_code == 200 and 'name="_save"' in shown.content.decode()


def review_page(record: Engagement) -> str:
    return url(record, "review")


def assesses(client: Client, user: User | None, house: House) -> bool:
    before = ConductAssessment.objects.count()
    decide(
        client,
        review_page(house.record),
        "assess",
        conduct__serious_risk="no",
        conduct__independence_declared="on",
        conduct__residual_risk="low",
        conduct__assessed_on="2020-01-01",
        findings__0__rating="not_met",
    )
    return ConductAssessment.objects.count() > before


def confirms(client: Client, user: User | None, house: House) -> bool:
    decide(client, review_page(house.risky.engagement), "confirm", confirm__reason="Read too.")
    house.risky.refresh_from_db()
    return house.risky.confirmed_at is not None


def marks_a_condition(client: Client, user: User | None, house: House) -> bool:
    address = page("engagements_engagement_condition", house.condition.pk)
    client.post(address, {"note": "Done."})
    return Condition.objects.filter(pk=house.condition.pk, met_on__isnull=False).exists()


def marks_own_condition(client: Client, user: User | None, house: House) -> bool:
    with owner_role():
        Condition.objects.filter(pk=house.condition.pk).update(owner=user)
    return marks_a_condition(client, user, house)


def flags(client: Client, user: User | None, house: House) -> bool:
    told = {"country": "SDN", "kind": "coup", "since": "2021-10-25", "source": "A report"}
    client.post(page("engagements_countryflag_add"), told)
    return CountryFlag.objects.filter(country="SDN").exists()


def lifts(client: Client, user: User | None, house: House) -> bool:
    address = page("engagements_countryflag_change", house.flag.pk)
    client.post(address, {"lifted_on": "2022-01-01", "note": "It is over."})
    return CountryFlag.objects.filter(pk=house.flag.pk, lifted_on__isnull=False).exists()


def deletes_a_flag(client: Client, user: User | None, house: House) -> bool:
    client.post(page("engagements_countryflag_delete", house.flag.pk), {"post": "yes"})
    return not CountryFlag.objects.filter(pk=house.flag.pk).exists()


def changes_a_review(client: Client, user: User | None, house: House) -> bool:
    """On the screen of its record, the only place where it stands."""
    address = url(house.review.engagement, "change")
    total = {"reviews-TOTAL_FORMS": "1", "reviews-INITIAL_FORMS": "1"}
    row = {"reviews-0-id": house.review.pk, "reviews-0-reason": "Rewritten."}
    client.post(address, total | row)
    for name in ("ethicalreview", "condition"):
        assert client.get(f"/admin/engagements/{name}/").status_code in (302, 404)
    return EthicalReview.objects.filter(reason="Rewritten.").exists()


def imports_in_bulk(client: Client, user: User | None, house: House) -> bool:
    """The command asks in whose name, and that is checked before the file is looked at."""
    name = user.username if user else "nobody"
    try:
        call_command("import_engagements", "/nowhere.csv", publish=True, user=name)
    except CommandError as error:
        return "superuser" not in str(error) and "nobody" not in str(error)
    return True


def publishes_in_bulk(client: Client, user: User | None, house: House) -> bool:
    try:
        publication.publish_bulk([], user or UserFactory(), scope_note="All of it.")
    except PermissionError:
        return False
    return True


def saves_a_filter(client: Client, user: User | None, house: House, **more: str) -> bool:
    address = page("engagements_savedfilter_save")
    client.post(address, {"of": "engagements", "query": "state=draft", "name": "Drafts", **more})
    return SavedFilter.objects.filter(name="Drafts", shared=bool(more)).exists()


def saves_a_public_list(client: Client, user: User | None, house: House) -> bool:
    asked = {"address": "/engagements/?theme=cyber", "name": "Cyber"}
    client.post(page("engagements_savedfilter_public"), asked)
    return SavedFilter.objects.filter(of="catalogue").exists()


def uses_a_filter(*, shared: bool) -> Callable[[Client, User | None, House], bool]:
    def attempt(client: Client, user: User | None, house: House) -> bool:
        saved = SavedFilter.objects.create(
            owner=UserFactory(), name="Theirs", of="engagements", query=[], shared=shared
        )
        address = page("engagements_savedfilter_change", saved.pk)
        seen = client.get(LIST).content.decode() + client.get(address).content.decode()
        return "Theirs" in seen

    return attempt


def follows_a_region(client: Client, user: User | None, house: House) -> bool:
    client.post(page("engagements_engagement_regions"), {"region": "sahel"})
    return FollowedRegion.objects.filter(user=user).exists()


HOUSE_ATTEMPTS: dict[str, Callable[[Client, User | None, House], bool]] = {
    "see the front page": opens("/admin/"),
    "add an engagement": opens(page("engagements_engagement_add")),
    "log an engagement quickly": opens(page("engagements_engagement_quick")),
    "import a file": opens(page("engagements_import_add")),
    "add an actor": opens(page("stakeholders_stakeholder_add")),
    "change an actor": changes_an_actor,
    "delete an actor": deletes_an_actor,
    "add a series": opens(page("engagements_series_add")),
    "log the next edition": makes_a_draft("next"),
    "keep a template": makes_a_draft("template"),
    "ask whether it is logged": lambda client, user, house: (
        client.post(page("engagements_engagement_look_alikes")).status_code == 200
    ),
    "merge two records": lambda client, user, house: (
        client.get(url(house.record, "merge")).status_code == 200
    ),
    "read the codebook": opens(page("codebook_theme_changelist")),
    "add a term": adds_a_term,
    "change a term of one's own": changes_a_term("term"),
    "change a term that ships": changes_a_term("shipped"),
    "delete a term of one's own": deletes_a_term,
    "assess conduct": assesses,
    "confirm an assessment": confirms,
    "mark a condition as met": marks_a_condition,
    "mark a condition of one's own": marks_own_condition,
    "open the review desk": opens(page("engagements_engagement_desk")),
    "flag a country": flags,
    "lift a flag": lifts,
    "delete a flag": deletes_a_flag,
    "read a restricted note": reads(
        "A witness told us so.",
        lambda house: page("engagements_conductassessment_change", house.conduct.pk),
    ),
    "read it in the history": reads(
        "A witness told us so.",
        lambda house: page("engagements_conductassessment_history", house.conduct.pk),
    ),
    "see why somebody is protected": reads(
        "Threatened in June.",
        lambda house: page("stakeholders_stakeholder_change", house.promised.pk),
    ),
    "read a protected name in history": reads(
        "Zyxmarker", lambda house: url(house.record, "history")
    ),
    "protect somebody": protects,
    "merge two actors": opens_of("stakeholders_stakeholder_merge"),
    "ask for an erasure": opens_of("stakeholders_stakeholder_erase"),
    "read what people asked for": opens(page("stakeholders_personrequest_changelist")),
    "log what somebody asks for": opens(page("stakeholders_personrequest_add")),
    "read what readers report": lambda client, user, house: (
        client.get(page("engagements_readerreport_change", house.report.pk)).status_code == 200
    ),
    "close a report of a reader": closes_a_report,
    "hide a record after a report": hides_after_a_report,
    "make up a report of a reader": opens(page("engagements_readerreport_add")),
    "report a risk": reports_a_risk,
    "read invitations": opens(page("engagements_invitation_changelist")),
    "invite somebody": invites,
    "answer somebody invited": answers_somebody,
    "revoke an invitation": revokes,
    "renew an invitation": renews,
    "delete an invitation": deletes_an_invitation,
    "send in by an invitation": sends_in,
    "lift a protection": lambda client, user, house: (
        client.get(page("stakeholders_stakeholder_lift", house.promised.pk)).status_code == 200
    ),
    "see possible duplicates": opens(page("stakeholders_stakeholder_duplicates")),
    "list what was published": opens(page("engagements_publication_changelist")),
    "change a review": changes_a_review,
    "see what could be better": opens(page("engagements_engagement_quality")),
    "save a filter": saves_a_filter,
    "share a filter": partial(saves_a_filter, shared="on"),
    "use what others share": uses_a_filter(shared=True),
    "use what others keep": uses_a_filter(shared=False),
    "save a public list": saves_a_public_list,
    "follow a region": follows_a_region,
    "read the glossary": opens(page("engagements_engagement_glossary")),
    "manage accounts": opens(page("auth_user_changelist")),
    "manage groups": opens(page("auth_group_changelist")),
    "remove a second factor": opens(page("mfa_authenticator_changelist")),
    "import and publish in bulk": imports_in_bulk,
    "publish in bulk": publishes_in_bulk,
    "download the public tables": opens("/engagements.csv"),
}


def test_who_may_do_what_in_the_house() -> None:
    house = House()
    people = {role: person(role) for role in ROLES}
    clients = {role: client_of(user) for role, user in people.items()}
    wanted, happened = {}, {}
    for line in HOUSE.strip("\n").splitlines()[1:]:
        name, *cells = re.split(r"\s{2,}", line.strip())
        wanted[name] = " ".join(f"{role}:{cell}" for role, cell in zip(ROLES, cells, strict=True))
        attempt = HOUSE_ATTEMPTS[name]
        happened[name] = " ".join(
            f"{role}:{'yes' if undone(partial(attempt, clients[role], people[role], house)) else '.'}"
            for role in ROLES
        )
    assert happened == wanted


def test_who_has_no_account_is_asked_to_log_in_wherever_they_knock() -> None:
    record = record_in("published")
    for name in ("change", "history", "delete", "review", "submit", "publish", "withdraw"):
        response = Client().get(url(record, name))
        assert response.status_code == 302, name
        assert response.headers["Location"].startswith("/admin/login/"), name
