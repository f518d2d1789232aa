"""What stands behind a request: the part of a running service that routes and policies need."""

from collections.abc import Mapping
from typing import Any, Protocol

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import Handlers
from buurtthuis.eventlog.relay import Relay
from buurtthuis.eventlog.tail import Feed
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.service_keys import FeedVerifier
from buurtthuis.identity.verifier import Verifier
from buurtthuis.persistence.dispatcher import Dispatcher
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.known_revocations import Revocations


class Backend(Protocol):
    """A service, as a request sees it; `runtime.running_service.RunningService` is one."""

    @property
    def name(self) -> str:
        """Also the first part of its path."""

    @property
    def summary(self) -> str:
        """What it is for, in a sentence."""

    @property
    def corporations(self) -> Mapping[str, Corporation]:
        """All that this installation works for, by slug."""

    @property
    def handlers(self) -> Handlers:
        """All its commands and reactions."""

    @property
    def verifier(self) -> Verifier:
        """Knows whose access token it is."""

    @property
    def feed_verifier(self) -> FeedVerifier:
        """Knows which other service reads the feed."""

    @property
    def issuer(self) -> LocalIssuer:
        """Makes people's tokens, in a service that issues them. Raises SettingsError."""

    @property
    def relay(self) -> Relay:
        """Numbers its journal, and says what of it was lost."""

    @property
    def revocations(self) -> Revocations:
        """Whose token was taken back."""

    @property
    def database(self) -> Database:
        """To read from."""

    @property
    def dispatcher(self) -> Dispatcher:
        """To have commands done."""

    @property
    def feed(self) -> Feed:
        """Its journal, to page through and to follow."""

    @property
    def parts(self) -> Any:
        """Whatever the service's own `parts` make of the settings; only its own rooms know what that is."""
