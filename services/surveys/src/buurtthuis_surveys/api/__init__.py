"""Surveys over HTTP."""

from fastapi import APIRouter

from buurtthuis_surveys.api import themes

router = APIRouter()
router.include_router(themes.router)
