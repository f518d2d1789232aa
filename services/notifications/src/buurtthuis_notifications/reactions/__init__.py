"""What notifications does about what others say."""

from buurtthuis.handlers import Handlers

from buurtthuis_notifications.reactions import known

on = Handlers.merged([known.on])
