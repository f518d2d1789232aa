"""Surveys over HTTP."""

from fastapi import APIRouter

from buurtthuis_surveys.api import campaigns, cards, themes

router = APIRouter()
router.include_router(themes.router)
router.include_router(campaigns.router)
router.include_router(cards.router)
