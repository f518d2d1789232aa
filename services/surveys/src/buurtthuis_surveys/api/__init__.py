"""Surveys over HTTP."""

from fastapi import APIRouter

from buurtthuis_surveys.api import ballots, results, surveys, themes

router = APIRouter()
for room in (themes, surveys, ballots, results):
    router.include_router(room.router)
