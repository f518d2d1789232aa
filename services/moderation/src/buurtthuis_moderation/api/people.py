"""Who asks, and what that makes of a request."""

from typing import Annotated

from buurtthuis.core.actor import Actor
from buurtthuis.http.policies import may_change, may_delete, may_post, may_read
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.identity.principals import Role

HANDLERS = frozenset({Role.RESIDENT, Role.STAFF, Role.GUIDE})
WRITERS = (Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER)
Everyone = Annotated[Reader, may_read(*WRITERS, Role.GUIDE)]
Writer = Annotated[Caller, may_post(*WRITERS)]
Editor = Annotated[Caller, may_change(*WRITERS)]
Resident = Annotated[Caller, may_post(Role.RESIDENT)]
#: Moderators are residents; of which page, its team knows.
Moderator = Annotated[Caller, may_post(Role.RESIDENT, Role.STAFF)]
#: Whoever handles cases: the guide too, of the pages that they were assigned to.
Handler = Annotated[Caller, may_post(*HANDLERS)]
HandlerChange = Annotated[Caller, may_change(*HANDLERS)]
HandlerReader = Annotated[Reader, may_read(*HANDLERS)]
HandlerDelete = Annotated[Caller, may_delete(*HANDLERS)]
ModeratorChange = Annotated[Caller, may_change(Role.RESIDENT, Role.STAFF)]
ModeratorDelete = Annotated[Caller, may_delete(Role.RESIDENT, Role.STAFF)]
#: About what they wrote or reported themselves: staff write with one voice, and nobody decides against them.
Own = Annotated[Reader, may_read(*WRITERS)]
Author = Annotated[Caller, may_post(Role.RESIDENT, Role.CHAIN_PARTNER)]
AuthorReader = Annotated[Reader, may_read(*WRITERS, Role.GUIDE)]
Staff = Annotated[Caller, may_post(Role.STAFF)]


def acting(reader: Reader) -> Actor:
    """As what somebody looks after pages, where they do; else as what they write on them."""
    roles = reader.principal.roles
    return reader.principal.acting_as(HANDLERS if roles & HANDLERS else roles)
