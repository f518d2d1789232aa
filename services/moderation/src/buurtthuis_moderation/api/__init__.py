"""Moderation over HTTP."""

from fastapi import APIRouter

from buurtthuis_moderation.api import cases, decisions, pages, posts, teams

router = APIRouter()
for room in (pages, posts, cases, decisions, teams):
    router.include_router(room.router)
