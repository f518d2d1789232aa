"""What notifications has besides a database: the vault, and roads to the outside."""

from dataclasses import dataclass
from typing import Self

from buurtthuis.settings import Settings

from buurtthuis_notifications.settings import NotificationSettings
from buurtthuis_notifications.vault import Vault


@dataclass(frozen=True)
class Parts:
    """See `buurtthuis.service.Parts`."""

    vault: Vault
    public_url: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the environment says."""
        ours = NotificationSettings.read()
        return cls(ours.vault(settings), ours.public_url)

    async def close(self) -> None:
        """Hang up."""
