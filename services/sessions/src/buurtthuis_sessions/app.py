"""Sessions, put together."""

from pathlib import Path

from buurtthuis.domain import neighbours
from buurtthuis.events.sessions import HouseOpened
from buurtthuis.persistence.sealing import Seals
from buurtthuis.runtime.burning import burner
from buurtthuis.runtime.retention import purger
from buurtthuis.runtime.service import Service

from buurtthuis_sessions import api, reactions
from buurtthuis_sessions.commands import (
    agendas,
    check_ins,
    date_polls,
    follow_ups,
    guests,
    houses,
    leading,
    rooms,
    seats,
    series,
    sessions,
    tasks,
    templates,
)
from buurtthuis_sessions.storage import retention
from buurtthuis_sessions.timers import timers

service = Service(
    name="sessions",
    summary="Brings people together: houses, sessions and the seats in them.",
    rooms=(
        houses.on,
        templates.on,
        sessions.on,
        seats.on,
        check_ins.on,
        date_polls.on,
        series.on,
        leading.on,
        agendas.on,
        rooms.on,
        follow_ups.on,
        guests.on,
        tasks.on,
        neighbours.on,
        reactions.on,
    ),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
    timers=timers,
    workers=(burner, purger(retention.outlived)),
    keeps=(HouseOpened,),
    opens=lambda settings: dict.fromkeys(("seats.needs", "seats.called"), Seals.of(settings).opened),
    seals=True,
)
