"""What clients send about sessions and seats."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from buurtthuis.core.corporations import LanguageTag
from buurtthuis.core.errors import Invalid
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.http.models import KEYED, NAME, ONE_LINE, Body, Line, WallClock, Written
from pydantic import UUID4, BaseModel, Field

from buurtthuis_sessions.domain.plans import Plan

Words = Annotated[str, Field(min_length=1, max_length=2000)]
RuleText = Annotated[
    str,
    Field(min_length=1, max_length=200),
    Written(r"^[A-Za-z0-9=;,:+ -]+$", "This is not a rule, such as FREQ=WEEKLY;BYDAY=WE"),
]
Code = Annotated[
    str,
    Field(
        min_length=1,
        max_length=20,
        examples=["K7QP-2MXD"],
        description="As shown in the room; capitals, spaces and hyphens make no difference.",
    ),
    Written(r"^[0-9A-Za-z -]+$", "A code has letters, figures and hyphens alone, such as K7QP-2MXD"),
    KEYED,
]
GuestName = Annotated[
    UUID4,
    Field(
        examples=["2b1b9a34-6f0e-4f0c-9d6c-6f8f1d0a7c55"],
        description="A random name (UUID version 4) that the guest's own device made up, and keeps to itself.",
    ),
]
Capacity = Annotated[int, Field(ge=1, le=1000, examples=[12])]
ONE_OF_EACH = dict.fromkeys(SeatRole, 1) | {SeatRole.HOST: 2}


class DraftSessionBody(Body):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: Line = Field(examples=["Koffietafel"])
    theme_id: UUID | None = Field(None, description="The theme that it is about.")


class PlanBody(Body):
    title: Line | None = Field(None, description="Another title than it has.")
    kind: Kind = Field(examples=["coffee_table"])
    starts_at: WallClock = Field(
        examples=["2030-01-10T19:30:00"],
        description="What the clock on the wall shows, without an offset; of an hour it shows twice, the first.",
    )
    ends_at: WallClock = Field(examples=["2030-01-10T21:30:00"])
    room_id: UUID | None = Field(None, description="A room of the corporation, to be booked.")
    place: Line | None = Field(
        None,
        examples=["Ontmoetingsruimte Wingerd"],
        description="Where it is, for everybody to read: never somebody's home. In a room, its name unless you say.",
    )
    capacity: Capacity
    languages: tuple[LanguageTag, ...] = Field((), max_length=20, examples=[["nl-x-b1", "ar"]])
    roles: dict[SeatRole, Annotated[int, Field(ge=0, le=50)]] = Field(
        ONE_OF_EACH, description="Seats apart from the capacity."
    )
    newcomer_seats: int = Field(0, ge=0, le=1000, description="Kept for people who never came before.")
    newcomers_first_hours: int = Field(
        48, ge=0, le=24 * 60, description="Kept until so many hours before the start."
    )

    def plan(self, time_zone: str) -> Plan:
        """Raises Invalid."""
        if not (self.place or self.room_id):
            raise Invalid("Say where it is: a place, or a room.", field="place")
        return Plan(
            kind=self.kind,
            local_start=self.starts_at,
            local_end=self.ends_at,
            time_zone=time_zone,
            place=self.place or "",
            room_id=self.room_id,
            capacity=self.capacity,
            languages=self.languages,
            roles=self.roles,
            newcomer_seats=self.newcomer_seats,
            newcomers_first=timedelta(hours=self.newcomers_first_hours),
        )


class TitleBody(Body):
    title: Line = Field(examples=["Koffie en thee in de zaal"])


class CapacityBody(Body):
    capacity: Capacity
    no_new_places: bool = Field(
        False,
        description="What is free, or comes free, is offered to nobody until this is said again without. "
        "Whoever has a place, or an offer, keeps it, also where there are more of them than the capacity.",
    )


class AttendanceBody(Body):
    attended: Annotated[tuple[UUID, ...], Field(max_length=1000)] | None = Field(
        None,
        examples=[["01a204c1-fe6e-7763-a625-7498d1180187"]],
        description="Residents who had registered and came; whoever leads or interprets may be among them, and is not counted. "
        "Left out, it is whoever was noted at the door, and what is noted there later still counts.",
    )
    walk_ins: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        None,
        description="People who came without registering. Left out, as many as were counted at the door.",
    )


class ReasonBody(Body):
    reason: Words = Field(examples=["De verwarming is kapot."])


class ReportBody(Body):
    report: Annotated[str, Field(min_length=1, max_length=20_000)] = Field(
        examples=["Wij willen elke week samen koffie drinken."]
    )


class ResidentBody(Body):
    resident_id: UUID | None = Field(
        None, description="For whom, where staff do this for a resident who has no phone or computer."
    )


class SeatWishBody(Body):
    plus_one: bool = Field(False, description="Somebody comes along; that is a second place.")
    needs: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        None,
        examples=["Ik kom met een rollator."],
        description="What the host should know to let you take part. Only the hosts see it, until the session is over.",
    )
    called: Annotated[str, Field(min_length=1, max_length=60), ONE_LINE, NAME] | None = Field(
        None,
        examples=["Fatma"],
        description="What the hosts may call you at the door. Whoever says nothing is a number and a word to them. "
        "Only the hosts see it, until the session is over.",
    )


class RegisterBody(ResidentBody, SeatWishBody):
    pass


class RoleBody(ResidentBody):
    role: SeatRole = Field(examples=["host"])


class CodeBody(Body):
    code: Code


class CodeView(BaseModel):
    """The code to show in the room."""

    code: str
