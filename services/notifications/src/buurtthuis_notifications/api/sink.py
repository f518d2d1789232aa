"""What would have gone out, on a page for who develops: it shows addresses and codes, so to this machine alone."""

from ipaddress import ip_address

from buurtthuis.errors import NoSuchPage
from buurtthuis.events.notifications import Channel
from buurtthuis.web import EVERYBODY, running
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from buurtthuis_notifications.api.pages import SAFE, TEMPLATES
from buurtthuis_notifications.channels.sink import SinkRoad
from buurtthuis_notifications.parts import Parts

router = APIRouter(dependencies=[EVERYBODY], include_in_schema=False)

SETTINGS = {Channel.EMAIL: "SMTP_URL", Channel.SMS: "SMS_URL", Channel.PUSH: "VAPID_KEY_FILE"}


@router.get("/sink")
async def sink(request: Request) -> Response:
    """The newest first; nothing where every road is a real one, and nothing for other machines."""
    parts: Parts = running(request).parts
    caught = {road for road, setting in SETTINGS.items() if isinstance(parts.roads[road], SinkRoad)}
    if not caught or not _is_here(request):
        raise NoSuchPage
    page = TEMPLATES.get_template("sink.html").render(
        caught=list(parts.sink.caught),
        roads=sorted(road.value for road in caught),
        settings=sorted(SETTINGS[road] for road in caught),
    )
    return HTMLResponse(page, headers=SAFE)


def _is_here(request: Request) -> bool:
    try:
        return bool(request.client and ip_address(request.client.host).is_loopback)
    except ValueError:
        return False
