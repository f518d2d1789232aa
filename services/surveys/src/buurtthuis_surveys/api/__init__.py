"""Surveys over HTTP."""

from fastapi import APIRouter

from buurtthuis_surveys.api import campaigns, cards, finding, themes

router = APIRouter()
router.include_router(finding.router)  # before themes, where /themes/export would be an id
router.include_router(themes.router)
router.include_router(campaigns.router)
router.include_router(cards.router)
