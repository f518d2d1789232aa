"""Moderation over HTTP."""

from fastapi import APIRouter

from buurtthuis_moderation.api import pages, posts

router = APIRouter()
for room in (pages, posts):
    router.include_router(room.router)
