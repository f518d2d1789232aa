"""What people bring, as whoever brings it reads it: where to, and what to say as it is just now."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.actor import Actor
from buurtthuis.core.corporations import Corporation
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import NEEDED, AddressKind, roads_to
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery, HandState
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.readings import Occasion
from buurtthuis_notifications.domain.walking import order
from buurtthuis_notifications.queries import hand_deliveries
from buurtthuis_notifications.queries.hand_deliveries import HandDeliveryView
from buurtthuis_notifications.rendering.context import MessageContext, load_context
from buurtthuis_notifications.rendering.letters import Errand, Letter
from buurtthuis_notifications.rendering.messages import render
from buurtthuis_notifications.rendering.validity import reason_to_cancel
from buurtthuis_notifications.storage.readings import note
from buurtthuis_notifications.texts import Text, Texts
from buurtthuis_notifications.texts.facts import NothingKnown
from buurtthuis_notifications.texts.for_staff import for_staff
from buurtthuis_notifications.vault import Vault
from buurtthuis_notifications.vault.addresses import open_address

DAY = "%d-%m-%Y"
#: The columns of the caretaker's list, as `Assignment.row` fills them.
COLUMNS = ("house", "street", "number", "name", "how", "telephone", "what", "until", "missed")


@dataclass(frozen=True)
class Assignment:
    """One thing to bring; no text where what it is about is not known any more."""

    resident_id: UUID
    view: HandDeliveryView
    text: Text | None
    zone: ZoneInfo

    def shows_contact(self, occasion: Occasion) -> bool:
        """Whether whoever reads it learns where somebody is: a letter without words is not printed."""
        if occasion is Occasion.LETTERS:
            return self.letter is not None
        return bool(self.view.to or self.view.door)

    @property
    def letter(self) -> Letter | None:
        """What is put into an envelope, where there is something to say and a door to bring it to."""
        view = self.view
        return Letter(lines(view.to), self.text) if self.text and isinstance(view.to, dict) else None

    @property
    def errand(self) -> Errand:
        """A line of the caretaker's list, on paper."""
        view = self.view
        return Errand(
            view.house or "", for_staff(view.channel), self._where, self._what, self._until, view.tries
        )

    @property
    def row(self) -> list[object]:
        """The same in a sheet, by `COLUMNS`."""
        door = self.view.door or {}
        where = [door.get(name) or "" for name in ("street", "number", "name")]
        how = [for_staff(self.view.channel), self._number]
        return [self.view.house or "", *where, *how, self._what, self._until, self.view.tries]

    @property
    def _where(self) -> str:
        """A door; for a call whom to ask for, and the number."""
        door = lines(self.view.door) if self.view.door else []
        return "\n".join([*door, *filter(None, [self._number])])

    @property
    def _number(self) -> str:
        """Where to call; with the name of the neighbour whose telephone it is."""
        to = self.view.to
        if self.view.by is AddressKind.DOOR or not to:
            return ""
        return f"{to['name']}: {to['telephone']}" if isinstance(to, dict) else to

    @property
    def _what(self) -> str:
        """In plain Dutch, since it is for whoever goes there."""
        if self.view.caution or not self.text:
            return self.view.caution or ""
        return (self.text.below or self.text).short

    @property
    def _until(self) -> str:
        moment = self.view.expires_at.astimezone(self.zone)
        return moment.strftime(f"{DAY} %H:%M" if moment.hour else DAY)


async def load_assignments(
    session: AsyncSession,
    deliveries: Sequence[HandDelivery],
    vault: Vault,
    texts: Texts,
    corporation: Corporation,
) -> list[Assignment]:
    """Nobody is asked to bring what is not so any more, or where it is not wanted: it runs out without having been on a list."""
    residents = list({delivery.resident_id for delivery in deliveries})
    messages = await hand_deliveries.messages_of(session, deliveries)
    context = await load_context(session, list(messages.values()))
    addresses: dict[UUID, dict[AddressKind, bytes]] = {}
    for row in await hand_deliveries.addresses_of(session, residents):
        addresses.setdefault(row.resident_id, {})[AddressKind(row.kind)] = row.secret
    zone = ZoneInfo(corporation.time_zone)
    assignments = []
    for delivery in deliveries:
        has = addresses.get(delivery.resident_id, {})
        if delivery.state is HandState.REQUESTED and _is_not_to_be_brought(delivery, has, messages, context):
            continue
        text = _text(texts, corporation, messages.get(delivery.message_id), context)
        view = _view(delivery, text, context, zone)
        _say_where(view, has, vault)
        assignments.append(Assignment(delivery.resident_id, view, text, zone))
    return assignments


async def show_assignments(
    session: AsyncSession,
    deliveries: Sequence[HandDelivery],
    vault: Vault,
    texts: Texts,
    corporation: Corporation,
    *,
    to: Actor,
    occasion: Occasion,
) -> list[Assignment]:
    """As a person is shown them: it is noted in the same transaction that they were. None is answered of which that was not."""
    found = await load_assignments(session, deliveries, vault, texts, corporation)
    read = {assignment.resident_id for assignment in found if assignment.shows_contact(occasion)}
    await note(session, to, read, occasion)
    return found


def in_walking_order(assignments: Iterable[Assignment]) -> list[Assignment]:
    """House by house, street by street, by number."""

    def place(assignment: Assignment) -> tuple[str, UUID, Any]:
        view = assignment.view
        return view.house or "", view.house_id or UUID(int=0), order(view.door)

    return sorted(assignments, key=place)


def day_in(corporation: Corporation, moment: datetime) -> str:
    """As staff read it on paper."""
    return moment.astimezone(ZoneInfo(corporation.time_zone)).strftime(DAY)


def lines(door: Mapping[str, str | None]) -> list[str]:
    """A door as it is written on an envelope."""
    town = f"{door['postcode']}  {door['town']}"
    return [door["name"] or "De bewoner", f"{door['street']} {door['number']}", town]


def _is_not_to_be_brought(
    delivery: HandDelivery,
    has: Collection[AddressKind],
    messages: Mapping[UUID, Message],
    context: MessageContext,
) -> bool:
    """It is not so any more, or its road does not lead there: another one is found for it within a minute."""
    message, listener = messages.get(delivery.message_id), context.listeners.get(delivery.resident_id)
    leads = delivery.channel in roads_to(has, visits=listener is not None and listener.visits)
    return not leads or (message is not None and reason_to_cancel(message, context) is not None)


def _text(
    texts: Texts, corporation: Corporation, message: Message | None, context: MessageContext
) -> Text | None:
    try:
        return render(texts, corporation, message, context) if message else None
    except NothingKnown:
        return None


def _view(
    delivery: HandDelivery, text: Text | None, context: MessageContext, zone: ZoneInfo
) -> HandDeliveryView:
    view = HandDeliveryView.model_validate(delivery, from_attributes=True)
    view.requested_at, view.expires_at = delivery.shown_from(zone), delivery.shown_until(zone)
    if text:
        view.language, view.subject, view.body = text.language, text.subject, text.body
    house = context.known.houses.get(delivery.house_id) if delivery.house_id else None
    view.house = house.title if house else None
    return view


def _say_where(view: HandDeliveryView, has: Mapping[AddressKind, bytes], vault: Vault) -> None:
    """The first that they have of what its road leads to, and always their door, since it has their name."""
    view.by = next((kind for kind in NEEDED[view.channel] if kind in has), None)
    if view.by:
        view.to = open_address(vault, view.by, has[view.by])
    if secret := has.get(AddressKind.DOOR):
        door: Any = open_address(vault, AddressKind.DOOR, secret)
        view.door = door
    if view.by is AddressKind.NEIGHBOUR:
        view.caution = for_staff("neighbour")
