"""What a service has of its own besides database and streams."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from typing_extensions import TypeVar

from buurtthuis.core.settings import Settings


class Parts(Protocol):
    """What a service needs of its own besides database and streams: keys, and roads to the outside."""

    def hints(self, url: str, /) -> Sequence[str]:
        """Lines for whoever starts it with `up`; its own pages are below `url`."""

    async def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True)
class NoParts:
    """Of a service that has all that it needs."""

    def hints(self, _url: str, /) -> Sequence[str]:
        """See `Parts`."""
        return ()

    async def close(self) -> None:
        """See `Parts`."""


def no_parts(_settings: Settings) -> Any:
    """What a service that says nothing else is given as its parts."""
    return NoParts()


#: The class of a service's own parts: in a `Service`, in its workers, and in what runs it. Where services of several kinds
#: are held together, nobody asks.
PartsT = TypeVar("PartsT", bound=Parts, default=Any)
