"""Surveys, put together."""

from pathlib import Path

from buurtthuis.service import Service

from buurtthuis_surveys import api, commands, reactions

service = Service(
    name="surveys",
    summary="Asks residents what they want: themes, from idea to answer.",
    rooms=(commands.on, reactions.on),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
)
