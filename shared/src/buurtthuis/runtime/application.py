"""The HTTP application of one service: its own routes, and those that every service has."""

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from buurtthuis.core.api_version import API_VERSION
from buurtthuis.http import documentation, feed, parked_events, rights
from buurtthuis.http.addresses import Addresses
from buurtthuis.http.compression import Compressed
from buurtthuis.http.cors import Cors
from buurtthuis.http.keeping import Kept
from buurtthuis.http.limits import Limits
from buurtthuis.http.observe import Observe
from buurtthuis.http.openapi import DESCRIPTION, DocumentedApp
from buurtthuis.http.policies import admit
from buurtthuis.http.problems import answer_refusals
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service

#: `Observe` traces, measures and logs every request; FastAPI's own way would also log what errors quote.
OURS: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
#: What every service answers besides its own.
COMMON = (feed.router, rights.router, parked_events.router, documentation.router)


def add_routes(app: FastAPI, service: Service) -> None:
    """A service's own routes and those that all have, as they are: to include a router makes each of them once more."""
    for router in (service.router, *COMMON):
        app.router.routes.extend(router.routes if router else ())


def application(service: RunningService) -> FastAPI:
    """What answers below `path_of` its name."""
    app = documented(service.service, service.contact)
    app.state.service = service
    answer_refusals(app)
    app.add_middleware(Limits, admit=admit)
    app.add_middleware(Kept, at=app, copies=service.copies)
    app.add_middleware(Compressed)
    app.add_middleware(Addresses, at=app)
    app.add_middleware(Cors, at=app, corporations=service.corporations)
    app.add_middleware(Observe, service=service.name)
    return app


def documented(service: Service, contact: Mapping[str, str] | None = None) -> DocumentedApp:
    """A service's routes and what is said of them, before it runs. `contact` is whom to ask, as OpenAPI has it."""
    app = DocumentedApp(
        title=f"BuurtThuis {service.name}",
        summary=service.summary,
        description=DESCRIPTION,
        contact=dict(contact) if contact else None,
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=OURS,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    add_routes(app, service)
    return app
