"""Experiments, their programmes, and their end."""

from datetime import date, datetime
from uuid import UUID

from buurtthuis.events import Audience, Count, Erasable, Event
from buurtthuis.events.sessions.words import Joining, Outcome


class HouseProposed(Event, name="sessions.house-proposed.v1", subject="house_id", audience=Audience.STAFF):
    """Somebody would like an experiment at a complex; staff decide."""

    house_id: UUID
    title: Erasable[str]
    town: Erasable[str]
    dwellings: int


class HousePrepared(Event, name="sessions.house-prepared.v1", subject="house_id", audience=Audience.STAFF):
    """Staff took the proposal on: sessions can be drafted, residents see nothing yet."""

    house_id: UUID


class HouseOpened(Event, name="sessions.house-opened.v1", subject="house_id", audience=Audience.PUBLIC):
    """An experiment at one complex began, where one is told in the building with these ids in the BAG and in the corporation's own administration."""

    house_id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    joining: Joining = Joining.OPEN
    bag_id: str | None = None
    vera_id: str | None = None


class HouseChanged(Event, name="sessions.house-changed.v1", subject="house_id", audience=Audience.PUBLIC):
    """What a house is called, or how it is run, is different from now on. Without `joining` that stays as it is; without `bag_id` and
    `vera_id` nobody says which building it is."""

    house_id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    joining: Joining | None = None
    bag_id: str | None = None
    vera_id: str | None = None


class HousePaused(Event, name="sessions.house-paused.v1", subject="house_id", audience=Audience.RESIDENTS):
    """Nothing new is planned for a while; what is planned goes on."""

    house_id: UUID
    reason: Erasable[str]


class HouseResumed(Event, name="sessions.house-resumed.v1", subject="house_id", audience=Audience.RESIDENTS):
    """The house goes on."""

    house_id: UUID


class HouseEvaluating(
    Event, name="sessions.house-evaluating.v1", subject="house_id", audience=Audience.RESIDENTS
):
    """The experiment is being looked back on."""

    house_id: UUID


class HouseEndAnnounced(
    Event, name="sessions.house-end-announced.v1", subject="house_id", audience=Audience.STAFF
):
    """Staff said that it ends, in this way. Until it takes effect it can be taken back, and nothing of it is done.

    Said again, with another moment, where somebody says it anew."""

    house_id: UUID
    outcome: Outcome
    takes_effect_at: datetime


class HouseEndTakenBack(
    Event, name="sessions.house-end-taken-back.v1", subject="house_id", audience=Audience.STAFF
):
    """It does not end as was announced: it goes on as it was."""

    house_id: UUID


class HouseEnded(
    Event, name="sessions.house-ended.v1", subject="house_id", audience=Audience.RESIDENTS, irreversible=True
):
    """The experiment is over. On `anonymise_on` all personal data of it will be gone.

    Said again, with the same date, where the outcome turned out to be another one."""

    house_id: UUID
    outcome: Outcome
    reason: Erasable[str]
    anonymise_on: date


class HouseAnonymised(
    Event, name="sessions.house-anonymised.v1", subject="house_id", audience=Audience.STAFF, irreversible=True
):
    """The personal data of a house is gone: how many rows `removed` of each kind, and how many are `left`: zero."""

    house_id: UUID
    removed: dict[str, Count]
    left: dict[str, Count]


class TemplateKept(Event, name="sessions.template-kept.v1", subject="template_id", audience=Audience.STAFF):
    """The programme of a house, without its people, to start another one from."""

    template_id: UUID
    entries: int


class TemplateChanged(
    Event, name="sessions.template-changed.v1", subject="template_id", audience=Audience.STAFF
):
    """The programme reads differently from now on."""

    template_id: UUID
    entries: int


class TemplateShared(
    Event, name="sessions.template-shared.v1", subject="template_id", audience=Audience.STAFF
):
    """Other corporations can start from this template too."""

    template_id: UUID


class TemplateUnshared(
    Event, name="sessions.template-unshared.v1", subject="template_id", audience=Audience.STAFF
):
    """Only the corporation itself can start from this template."""

    template_id: UUID
