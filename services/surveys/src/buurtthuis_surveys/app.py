"""Surveys, put together."""

from pathlib import Path

from buurtthuis.service import Service

from buurtthuis_surveys import api, reactions
from buurtthuis_surveys.commands import campaigns, cards, themes

service = Service(
    name="surveys",
    summary="Asks residents what they want: themes, from idea to answer.",
    rooms=(themes.on, campaigns.on, cards.on, reactions.on),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
)
