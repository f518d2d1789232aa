"""Moderation, put together."""

from pathlib import Path

from buurtthuis.domain import neighbours
from buurtthuis.runtime.service import Service

from buurtthuis_moderation import api, reactions
from buurtthuis_moderation.commands import appeals, cases, mutes, pages, posts, teams
from buurtthuis_moderation.timers import timers

service = Service(
    name="moderation",
    summary="A page that residents keep safe themselves: posts, cases, appeals, moderators.",
    rooms=(appeals.on, cases.on, mutes.on, pages.on, posts.on, teams.on, neighbours.on, reactions.on),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
    timers=timers,
)
