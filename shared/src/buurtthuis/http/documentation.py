"""What a service says of itself: its API with Swagger UI, its events as AsyncAPI and as a page."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from buurtthuis.core.api_version import path_of
from buurtthuis.core.errors import NotFound
from buurtthuis.eventlog import asyncapi
from buurtthuis.http.keeping import FIVE_MINUTES, kept_for
from buurtthuis.http.pages import PAGES
from buurtthuis.http.policies import EVERYBODY
from buurtthuis.http.requests import running

SWAGGER = Path(str(files("fastapi_offline"))) / "static"
START_SWAGGER = (
    'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null})'
)
#: Swagger UI is a program of its own files, which asks this service alone.
SWAGGERS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(dependencies=[EVERYBODY, kept_for(FIVE_MINUTES)], include_in_schema=False)


@router.get("/asyncapi.json")
async def asyncapi_json(request: Request) -> Response:
    """AsyncAPI 3."""
    return JSONResponse(_specification(running(request).name, running(request).summary))


@router.get("/asyncapi")
async def asyncapi_page(request: Request) -> Response:
    """The same for people, without the internet."""
    name = running(request).name
    page = PAGES.get_template("asyncapi.html")
    return HTMLResponse(
        page.render(
            name=name, path=path_of(name), stream=asyncapi.address(name), events=asyncapi.catalogue(name)
        )
    )


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Swagger UI, from our own disk."""
    page = PAGES.get_template("docs.html").render(name=running(request).name)
    return HTMLResponse(page, headers={"Content-Security-Policy": SWAGGERS})


@router.get("/docs/start.js")
async def docs_start() -> Response:
    """Starts Swagger UI."""
    return Response(START_SWAGGER, media_type="text/javascript")


@router.get("/docs/{file}")
async def docs_file(file: str) -> Response:
    """Swagger UI's own files."""
    if file not in ("swagger-ui.css", "swagger-ui-bundle.js"):
        raise NotFound(what="file", id=file)
    return FileResponse(SWAGGER / file)


@cache
def _specification(name: str, summary: str) -> dict[str, Any]:
    return asyncapi.specification(name, summary)
