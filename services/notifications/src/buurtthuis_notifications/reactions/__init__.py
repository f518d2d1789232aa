"""What notifications does about what others say."""

from buurtthuis.core.handlers import Handlers

from buurtthuis_notifications.reactions import announcing, erasing, known

on = Handlers.merged([known.on, announcing.on, erasing.on])
