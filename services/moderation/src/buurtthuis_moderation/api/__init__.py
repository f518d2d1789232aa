"""Moderation over HTTP."""

from fastapi import APIRouter

from buurtthuis_moderation.api import pages, posts, teams

router = APIRouter()
for room in (pages, posts, teams):
    router.include_router(room.router)
