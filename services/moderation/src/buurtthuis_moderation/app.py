"""Moderation, put together."""

from pathlib import Path

from buurtthuis.service import Service

from buurtthuis_moderation import api

service = Service(
    name="moderation",
    summary="A page that residents keep safe themselves: posts, cases, appeals, moderators.",
    rooms=(),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
)
