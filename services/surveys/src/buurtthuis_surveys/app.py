"""Surveys, put together."""

from pathlib import Path

from buurtthuis.domain import neighbours
from buurtthuis.runtime.burning import burner
from buurtthuis.runtime.retention import purger
from buurtthuis.runtime.service import Service

from buurtthuis_surveys import api, reactions
from buurtthuis_surveys.commands import (
    addresses,
    ballots,
    campaigns,
    cards,
    closing,
    mailings,
    surveys,
    themes,
)
from buurtthuis_surveys.queries import timelines
from buurtthuis_surveys.storage import retention
from buurtthuis_surveys.timers import timers
from buurtthuis_surveys.workers import printer

service = Service(
    name="surveys",
    summary="Asks residents what they want: surveys, campaigns, themes.",
    rooms=(
        themes.on,
        closing.on,
        campaigns.on,
        cards.on,
        surveys.on,
        ballots.on,
        addresses.on,
        mailings.on,
        neighbours.on,
        reactions.on,
    ),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
    timers=timers,
    workers=(burner, purger(retention.outlived), printer),
    keeps=timelines.STEPS.keys(),
    seals=True,
)
