"""What a token says and what staff gave, as one: which roles somebody has, and for which houses."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from buurtthuis.core.houses import ALL_HOUSES, NO_HOUSES, Houses
from buurtthuis.core.rights import GivenRight
from buurtthuis.identity.principals import Principal, Role


def entitled(principal: Principal, given: Collection[GivenRight], now: datetime) -> Principal:
    """With all that staff ever gave them, of which the part that has not ended counts.

    Where staff gave somebody a role, theirs is the word for whom it holds, besides the houses that a token lists: a token that lists
    none is not for all then. So a right that ends leaves less than there was, and never more."""
    if not given:
        return principal
    holding = tuple(right for right in given if right.holds(now))
    limits = dict(principal.limits)
    for right in given:
        limits.setdefault(Role(right.role), NO_HOUSES)
    for right in holding:
        limits[Role(right.role)] |= _houses(right)
    return replace(principal, roles=principal.roles | limits.keys(), limits=limits, rights=holding)


def _houses(right: GivenRight) -> Houses:
    return ALL_HOUSES if right.house_id is None else Houses(frozenset({right.house_id}))
