"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import (
    agendas,
    check_ins,
    continuity,
    date_polls,
    follow_ups,
    guests,
    houses,
    public_pages,
    rooms,
    seats,
    series,
    sessions,
    tasks,
    templates,
)

router = APIRouter()
for room in (
    houses,
    templates,
    sessions,
    seats,
    check_ins,
    guests,
    series,
    agendas,
    public_pages,
    rooms,
    follow_ups,
    date_polls,
    tasks,
    continuity,
):
    router.include_router(room.router)
router.include_router(public_pages.events)
router.include_router(follow_ups.guests)
router.include_router(date_polls.guests)
