"""Who asks, and what that makes of a request."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import Invalid
from buurtthuis.http.policies import may_change, may_post, may_read
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.identity.principals import Role

from buurtthuis_sessions.queries.sessions import Viewer

Everyone = Annotated[
    Reader, may_read(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE, Role.CARETAKER)
]
Resident = Annotated[Reader, may_read(Role.RESIDENT)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]
#: Hosts are residents; which of them leads a session, the session knows.
HostReader = Annotated[Reader, may_read(Role.STAFF, Role.RESIDENT)]
Staff = Annotated[Caller, may_post(Role.STAFF)]
StaffChange = Annotated[Caller, may_change(Role.STAFF)]
#: For what is of no house, and for houses that are still to be.
StaffOfAllReader = Annotated[Reader, may_read(Role.STAFF, of_all_houses=True)]
StaffOfAll = Annotated[Caller, may_post(Role.STAFF, of_all_houses=True)]
StaffOfAllChange = Annotated[Caller, may_change(Role.STAFF, of_all_houses=True)]
#: Caretakers let people in, note who came and report: of every session in their houses, and nothing else of it.
AT_THE_DOOR = (Role.STAFF, Role.CARETAKER, Role.RESIDENT)
DoorReader = Annotated[Reader, may_read(*AT_THE_DOOR)]
Door = Annotated[Caller, may_post(*AT_THE_DOOR)]
DoorChange = Annotated[Caller, may_change(*AT_THE_DOOR)]
Host = Annotated[Caller, may_post(Role.STAFF, Role.RESIDENT)]
HostChange = Annotated[Caller, may_change(Role.STAFF, Role.RESIDENT)]


def viewer(reader: Reader) -> Viewer:
    """Staff and guides see drafts; a resident those that they lead."""
    return Viewer(reader.has(Role.STAFF, Role.GUIDE), reader.principal.subject)


def at_the_door(reader: Reader) -> Viewer:
    """Caretakers, staff and guides see who is expected; a resident where they lead."""
    return Viewer(reader.has(Role.STAFF, Role.GUIDE, Role.CARETAKER), reader.principal.subject)


def whose(resident: UUID | None, caller: Caller) -> UUID:
    """Whose place it is: staff name the resident, and residents speak for nobody but themselves.

    Raises Invalid."""
    if caller.actor.is_staff:
        if resident is None:
            raise Invalid("Say which resident this is for.", field="resident_id")
        return resident
    if resident not in (None, caller.principal.subject):
        raise Invalid("Residents speak for themselves only.", field="resident_id")
    return caller.principal.subject
