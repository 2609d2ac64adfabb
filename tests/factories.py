"""Records that tell a story: `EngagementFactory(published=True, chatham_house=True)`."""

import factory
from django.contrib.auth.models import Group, User
from factory.django import DjangoModelFactory

from engagements import groups, workflow
from engagements.models import (
    Engagement,
    Outcome,
    Participation,
    Place,
    Series,
    Source,
)
from milidip.codebook.choices import (
    ConsentBasis,
    Independence,
    Marking,
    NotStated,
    ParticipantDisclosure,
    Risk,
    SourceKind,
)
from stakeholders.models import Stakeholder

SAFE_ANSWERS = {
    "identifiable": Risk.NO,
    "consent_checked": True,
    "operationally_safe": True,
    "nothing_classified": True,
    "right_to_publish": True,
    "harm_risk": Risk.NO,
    "reason": "Read in full; nobody can be identified.",
}


def joins(name: str) -> factory.PostGeneration:
    return factory.PostGeneration(
        lambda user, create, extracted, **kwargs: user.groups.add(Group.objects.get(name=name))
    )


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        contributor = factory.Trait(membership=joins(groups.CONTRIBUTOR))
        reviewer = factory.Trait(membership=joins(groups.REVIEWER))
        editor = factory.Trait(membership=joins(groups.EDITOR))
        administrator = factory.Trait(is_superuser=True)

    username = factory.Sequence(lambda number: f"user{number}")
    is_staff = True

    @factory.post_generation
    def password(self, create, extracted, **kwargs):
        """Only for those who log in: hashing is slow on purpose."""
        if create and extracted:
            self.set_password(extracted)
            self.save(update_fields=["password"])


class StakeholderFactory(DjangoModelFactory):
    class Meta:
        model = Stakeholder

    class Params:
        person = factory.Trait(name=factory.Sequence("Jane Example{}".format), type_id="person")

    name = factory.Sequence("Regiment {}".format)
    type_id = "armed_force"


class SeriesFactory(DjangoModelFactory):
    class Meta:
        model = Series

    code = factory.Sequence("series-{}".format)
    name = factory.Sequence("Series {}".format)


class EngagementFactory(DjangoModelFactory):
    """A joint exercise in Kenya in May 2019 with one source; traits take it further."""

    class Meta:
        model = Engagement
        skip_postgeneration_save = True

    class Params:
        chatham_house = factory.Trait(
            marking=Marking.CHATHAM_HOUSE, activity_id="workshop_seminar", track_id="2"
        )
        community = factory.Trait(activity_id="local_mediation", track_id="3")
        unnamed = factory.Trait(title_supplied=True)

    title = factory.Sequence("Exercise Bright Path {}".format)
    activity_id = "joint_exercise"
    track_id = "1"
    start = "2019-05-06"
    end = "2019-05-17"
    summary = "Two armies trained together."
    # So that a story can leave out what it is not about, and can be submitted all the same.
    not_stated = factory.LazyFunction(lambda: list(NotStated.values))
    nothing_classified = True
    created_by = factory.SubFactory(UserFactory, contributor=True)

    @factory.post_generation
    def touches(self, create, extracted, **kwargs):
        if create:
            self.touches.set(extracted or ([self.track_id] if self.track_id else []))

    @factory.post_generation
    def place(self, create, extracted, **kwargs):
        if create and extracted is not False:
            PlaceFactory(engagement=self, **kwargs)

    @factory.post_generation
    def source(self, create, extracted, **kwargs):
        if create and extracted is not False:
            SourceFactory(engagement=self, **kwargs)

    @factory.post_generation
    def parties(self, create, extracted, **kwargs):
        """Stakeholders to take part, each in the role of participant."""
        for stakeholder in extracted or ():
            ParticipationFactory(engagement=self, stakeholder=stakeholder, **kwargs)

    @factory.post_generation
    def submitted(self, create, extracted, **kwargs):
        if extracted:
            submit(self)

    @factory.post_generation
    def cleared(self, create, extracted, **kwargs):
        if extracted:
            clear(self, **kwargs)

    @factory.post_generation
    def published(self, create, extracted, **kwargs):
        """Through the gate, by three different people."""
        if extracted:
            clear(self, **kwargs)
            publish(self)


class PlaceFactory(DjangoModelFactory):
    class Meta:
        model = Place

    engagement = factory.SubFactory(EngagementFactory, place=False)
    name = "Nanyuki"
    country_id = "KEN"
    latitude = "0.00627"
    longitude = "37.07260"


class SourceFactory(DjangoModelFactory):
    class Meta:
        model = Source

    engagement = factory.SubFactory(EngagementFactory, source=False)
    kind = SourceKind.NEWS
    independence = Independence.INDEPENDENT
    title = factory.Sequence("Newspaper report {}".format)
    url = factory.Sequence("https://news.example/{}".format)
    supports = factory.LazyFunction(lambda: ["title"])


class ParticipationFactory(DjangoModelFactory):
    class Meta:
        model = Participation

    class Params:
        withheld = factory.Trait(disclosure=ParticipantDisclosure.WITHHELD)
        with_consent = factory.Trait(
            disclosure=ParticipantDisclosure.NAMED, consent_basis=ConsentBasis.CONSENT_RECORDED
        )

    engagement = factory.SubFactory(EngagementFactory)
    stakeholder = factory.SubFactory(StakeholderFactory)
    role_id = "participant"
    capacity_id = "official"


class OutcomeFactory(DjangoModelFactory):
    class Meta:
        model = Outcome

    engagement = factory.SubFactory(EngagementFactory)
    kind = "relationship_established"
    statement = "The two staffs agreed to meet again."


def submit(engagement: Engagement) -> None:
    workflow.submit(engagement, engagement.created_by)
    engagement.refresh_from_db()


def clear(engagement: Engagement, by: User | None = None, **answers) -> User:
    """Submit and clear; return the reviewer."""
    submit(engagement)
    reviewer = by or UserFactory(reviewer=True)
    workflow.clear(engagement, reviewer, **SAFE_ANSWERS | answers)
    engagement.refresh_from_db()
    return reviewer


def publish(engagement: Engagement, by: User | None = None, **kwargs):
    """Publish a cleared record; return the publication."""
    published = workflow.publish(engagement, by or UserFactory(editor=True), **kwargs)
    engagement.refresh_from_db()
    return published
