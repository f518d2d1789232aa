"""What will end says so."""

from datetime import date

import httpx
from buurtthuis.http.endings import ending
from buurtthuis.http.observe import Observe
from fastapi import FastAPI


async def test_a_route_that_will_end_says_so_on_every_answer_and_in_its_document() -> None:
    app = FastAPI()

    @app.get("/old", **ending(date(2030, 1, 1), date(2031, 1, 1)))
    async def old() -> None: ...

    @app.get("/new")
    async def new() -> None: ...

    transport = httpx.ASGITransport(Observe(app, "x"))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer, other = await client.get("/old"), await client.get("/new")
    assert answer.headers["deprecation"] == "@1893456000"
    assert answer.headers["sunset"] == "Wed, 01 Jan 2031 00:00:00 GMT"
    assert "deprecation" not in other.headers
    described = app.openapi()["paths"]["/old"]["get"]
    assert (described["deprecated"], described["x-sunset"]) == (True, "2031-01-01")
