"""Surveys over HTTP."""

from fastapi import APIRouter

from buurtthuis_surveys.api import (
    addresses,
    ballot_sheets,
    ballots,
    campaigns,
    cards,
    finding,
    mailings,
    results,
    surveys,
    themes,
)

router = APIRouter()
for room in (
    finding,
    themes,
    campaigns,
    cards,
    surveys,
    ballots,
    ballot_sheets,
    addresses,
    mailings,
    results,
):  # /themes/export is no theme's id
    router.include_router(room.router)
router.include_router(results.of_houses)
router.include_router(results.events)
