"""Sessions, put together."""

from pathlib import Path

from buurtthuis.service import Service

from buurtthuis_sessions import api, commands, reactions

service = Service(
    name="sessions",
    summary="Brings people together: houses, sessions and the seats in them.",
    rooms=(commands.on, reactions.on),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
)
