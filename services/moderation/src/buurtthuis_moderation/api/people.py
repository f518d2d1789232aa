"""Who asks, and what that makes of a request."""

from typing import Annotated
from uuid import UUID

from buurtthuis.events.moderation import DecidedBy
from buurtthuis.events.surveys import Origin
from buurtthuis.identity import Role
from buurtthuis.web import Caller, Reader, may_change, may_delete, may_post, may_read

from buurtthuis_moderation.domain.people import Person
from buurtthuis_moderation.queries.people import Viewer

WRITERS = (Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER)
Everyone = Annotated[Reader, may_read(*WRITERS, Role.GUIDE)]
Writer = Annotated[Caller, may_post(*WRITERS)]
Editor = Annotated[Caller, may_change(*WRITERS)]
Resident = Annotated[Caller, may_post(Role.RESIDENT)]
#: Moderators are residents; of which page, its team knows.
Moderator = Annotated[Caller, may_post(Role.RESIDENT, Role.STAFF)]
#: Whoever handles cases: the guide too, of the pages that they were assigned to.
Handler = Annotated[Caller, may_post(Role.RESIDENT, Role.STAFF, Role.GUIDE)]
HandlerChange = Annotated[Caller, may_change(Role.RESIDENT, Role.STAFF, Role.GUIDE)]
HandlerReader = Annotated[Reader, may_read(Role.RESIDENT, Role.STAFF, Role.GUIDE)]
HandlerDelete = Annotated[Caller, may_delete(Role.RESIDENT, Role.STAFF, Role.GUIDE)]
ModeratorChange = Annotated[Caller, may_change(Role.RESIDENT, Role.STAFF)]
ModeratorDelete = Annotated[Caller, may_delete(Role.RESIDENT, Role.STAFF)]
#: About what they wrote or reported themselves: staff write with one voice, and nobody decides against them.
Own = Annotated[Reader, may_read(*WRITERS)]
Author = Annotated[Caller, may_post(Role.RESIDENT, Role.CHAIN_PARTNER)]
AuthorReader = Annotated[Reader, may_read(*WRITERS, Role.GUIDE)]
Staff = Annotated[Caller, may_post(Role.STAFF)]


def viewer(reader: Reader) -> Viewer:
    """Staff see what waits, or is hidden."""
    return Viewer(author(reader), reader.has(Role.STAFF))


def origin(reader: Reader) -> Origin:
    """For whom somebody speaks."""
    if reader.has(Role.STAFF):
        return Origin.CORPORATION
    return Origin.CHAIN_PARTNER if reader.has(Role.CHAIN_PARTNER) else Origin.RESIDENT


def person(reader: Reader) -> Person:
    """As whom somebody looks after a page."""
    if reader.has(Role.STAFF):
        return Person(reader.principal.subject, DecidedBy.STAFF)
    as_guide = reader.has(Role.GUIDE)
    return Person(reader.principal.subject, DecidedBy.GUIDE if as_guide else DecidedBy.MODERATOR)


def author(reader: Reader) -> UUID | None:
    """Who writes, or acts on what they wrote; None for staff, who speak with one voice."""
    return None if reader.has(Role.STAFF) else reader.principal.subject
