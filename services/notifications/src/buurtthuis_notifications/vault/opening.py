"""What a corporation that leaves takes along readable: whom it reaches, and how. Codes, links and keys end with it."""

from buurtthuis.core.settings import Settings
from buurtthuis.persistence.holdings import Opens

from buurtthuis_notifications.settings import NotificationSettings

COLUMNS = ("addresses.secret", "residents.called", "corrections.before", "messages.address")


def opens(settings: Settings) -> Opens:
    """See `buurtthuis.runtime.service.Service`. Raises SettingsError where there is no key."""
    return dict.fromkeys(COLUMNS, NotificationSettings.read().vault(settings).open)
