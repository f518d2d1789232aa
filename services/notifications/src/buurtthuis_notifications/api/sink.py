"""What would have gone out, on a page for who develops: it shows addresses and codes, so to who knows its secret."""

from buurtthuis.core.errors import NoSuchPage
from buurtthuis.http.policies import EVERYBODY
from buurtthuis.http.requests import running
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from buurtthuis_notifications.api.pages import SAFE, TEMPLATES
from buurtthuis_notifications.api.people import parts_of
from buurtthuis_notifications.parts import CAUGHT, SETTINGS

router = APIRouter(dependencies=[EVERYBODY], include_in_schema=False)


@router.get("/sink/{secret}")
async def show_sink(secret: str, request: Request) -> Response:
    """The newest first; nothing where there are roads, and nothing outside of `up`, which makes the secret."""
    sink = parts_of(running(request)).sink
    if sink is None or not sink.opens_with(secret):
        raise NoSuchPage
    page = TEMPLATES.get_template("sink.html").render(
        caught=list(sink.caught),
        roads=[road.value for road in CAUGHT],
        settings=[SETTINGS[road] for road in CAUGHT],
    )
    return HTMLResponse(page, headers=SAFE)
