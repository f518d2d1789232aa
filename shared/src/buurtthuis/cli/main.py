"""`buurtthuis`: run it, watch it, look after it."""

import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import httpx
import structlog
import typer
from rich.markup import escape
from rich.table import Column, Table

from buurtthuis.cli.console import DATA, DataFolder, clear_errors, complain, console
from buurtthuis.cli.corporations import corporations
from buurtthuis.core.api_version import feeds_at
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.errors import Unauthenticated
from buurtthuis.core.settings import SERVICES, Settings, SettingsError
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.identity.tokens import revocable_by
from buurtthuis.telemetry import logging, tracing

# What serves and stores takes a second to import: only the commands that need it do, where they begin.
if TYPE_CHECKING:
    from buurtthuis.runtime.process import Process
    from buurtthuis.runtime.service import Service

app = typer.Typer(
    name="buurtthuis",
    help=__doc__,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
events = typer.Typer(help="Look at events, and at those that were parked.", no_args_is_help=True)
app.add_typer(events, name="events")
app.add_typer(corporations, name="corporations")

Port = Annotated[
    int, typer.Option("--port", envvar="PORT", min=1, max=65535, help="The one port for everything.")
]
Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
CorporationSlug = Annotated[str, typer.Option("--corporation", "-c", help="Which corporation, by its slug.")]
ServiceName = Annotated[str, typer.Argument(help="Which service, by its name.")]
Url = Annotated[str, typer.Option("--url", envvar="BUURTTHUIS_URL", help="Where BuurtThuis runs.")]

URL = "http://127.0.0.1:8000"


def run(job: Coroutine[Any, Any, None]) -> None:
    """Run to the end, on the fast loop where there is one."""
    with clear_errors():
        try:
            import uvloop
        except ImportError:
            asyncio.run(job)
        else:
            uvloop.run(job)


@app.command()
def up(data: DataFolder = DATA, port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run everything in one process, on embedded servers or on your own (DATABASE_URL, REDIS_URL).

    It says where its own servers answer, for an extension or a program that reads along."""
    with clear_errors():
        settings = Settings.read()
    logging.configure("WARNING" if settings.log_level == "INFO" else settings.log_level)
    tracing.configure()
    run(_up(data, port, host, settings))


async def _up(data: Path, port: int, host: str, settings: Settings) -> None:
    from buurtthuis.runtime.serving import listen_on, serve
    from buurtthuis.runtime.system import system
    from buurtthuis.runtime.trial_provider import nobody_else_comes

    services, url = _services(), address_of(host, port)
    with listen_on(host, port) as listener:
        async with system(
            data,
            settings.reached_at(url),
            services.values(),
            port=port,
            progress=lambda line: console.print(f"  {line}"),
            with_trial_provider=nobody_else_comes(settings, host),
        ) as process:
            embedded = process.settings if not settings.redis_url else None
            await serve(process, listener, lambda: _welcome(process, url, data, embedded))
    console.print("Stopped.")


def address_of(host: str, port: int) -> str:
    """Where whoever starts it finds it: here, where it listens on every address of this machine."""
    name = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{name}:{port}"


def _welcome(process: "Process", url: str, data: Path, embedded: Settings | None) -> None:
    first = next(iter(process.corporations))
    where = "" if data == DATA else f" --data {data}"
    console.print(f"\n[bold]BuurtThuis is ready[/bold] at {url}")
    for service in process.running:
        console.print(f"  {url}/{service.name:<10} {service.service.summary}", soft_wrap=True)
    console.print("\nA token to try it with:")
    console.print(f"  .venv/bin/buurtthuis token --corporation {first} --role staff{where}", soft_wrap=True)
    if process.trial:
        console.print(
            "\nOr be anybody, by clicking. [bold]Without a password: only to try things out.[/bold]"
        )
        console.print(f"  {process.trial.url}", soft_wrap=True)
    if embedded:
        console.print(
            "\nIts own servers answer until it stops, for an extension or a program that reads along:"
        )
        console.print(f"  REDIS_URL='{embedded.redis_url}'", soft_wrap=True, markup=False)
        console.print(f"  DATABASE_URL='{embedded.database_url}'", soft_wrap=True, markup=False)
    for service in process.running:
        for hint in service.hints(url):
            console.print(hint, soft_wrap=True, markup=False)
    console.print("\nCtrl-C stops it; its data stays." if data else "")


@app.command("serve")
def serve_one(
    service: Annotated[list[str], typer.Argument(help="Which services, by name.")],
    port: Port = 8000,
    host: Host = "0.0.0.0",  # noqa: S104  a container's own network
) -> None:
    """Run one service, or some, alone against DATABASE_URL and REDIS_URL. Replicas are welcome."""
    with clear_errors():
        settings = Settings.read()
        for name in ("database_url", "redis_url"):
            if not getattr(settings, name):
                raise SettingsError(f"Set {name.upper()}: `serve` runs against servers of your own.")
    logging.configure(settings.log_level)
    tracing.configure()
    run(_serve([_service(name) for name in service], port, host, settings))


async def _serve(services: "list[Service]", port: int, host: str, settings: Settings) -> None:
    from buurtthuis.runtime.process import Process
    from buurtthuis.runtime.serving import listen_on, serve

    elsewhere = _heard_elsewhere(services)
    if elsewhere and not settings.feed_url:
        raise SettingsError(
            f"Set FEED_URL: who was away reads the past from the feed of {', '.join(elsewhere)}."
        )
    with listen_on(host, port) as listener:
        url = f"http://127.0.0.1:{port}"
        process = Process(services, settings.reached_at(url), feed_url=feeds_at(url))
        ready = structlog.get_logger(__name__)
        await serve(
            process,
            listener,
            lambda: ready.info("ready", services=[service.name for service in services], port=port),
        )


def _heard_elsewhere(services: "list[Service]") -> list[str]:
    """The services that these listen to and that run in another process."""
    heard = {name for service in services for name in service.handlers.heard}
    return sorted(heard - {service.name for service in services})


@app.command("migrate")
def migrate_databases(
    service: Annotated[
        list[str] | None, typer.Argument(help="Which services; all that are installed if none.")
    ] = None,
) -> None:
    """Bring databases up to date, as the role in DATABASE_OWNER_URL."""
    with clear_errors():
        settings = Settings.read()
        if not (settings.database_url and settings.database_owner_url):
            raise SettingsError(
                "Set DATABASE_URL (the application's role) and DATABASE_OWNER_URL (the tables' owner)."
            )
    services = [_service(name) for name in service] if service else [*_services().values()]
    run(_migrate(services, settings))


async def _migrate(services: "list[Service]", settings: Settings) -> None:
    from buurtthuis.runtime.system import migrate_service

    for service in services:
        applied = await migrate_service(service, settings)
        console.print(f"{service.name}: {', '.join(applied) or 'up to date'}")


@app.command()
def token(
    corporation: CorporationSlug,
    role: Annotated[
        list[Role], typer.Option("--role", "-r", help="What they are; give it more than once for more.")
    ],
    subject: Annotated[
        UUID | None, typer.Option(help="Who they are, by pseudonym; somebody new if left out.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 31, help="How long it is valid.")] = 8,
    organisation: Annotated[
        str | None, typer.Option(help="Which of the corporation's organisations a chain partner works for.")
    ] = None,
    house: Annotated[
        list[UUID] | None,
        typer.Option(help="A house, by id, that it is for; more than once for more. For all if left out."),
    ] = None,
    data: DataFolder = DATA,
) -> None:
    """Make an access token with the deployment's own key."""
    with clear_errors():
        issuer = _issuer(data, corporation)
        lifetime = timedelta(hours=hours)
        print(issuer.issue(corporation, role, subject, lifetime, organisation=organisation, houses=house))


@app.command("service-key")
def new_service_key(
    service: Annotated[str, typer.Argument(help="Whose, by its name; it need not be installed here.")],
    corporation: Annotated[
        list[str] | None, typer.Option("--corporation", "-c", help="Only for these; for all if left out.")
    ] = None,
) -> None:
    """Make a service its own key: one line for its SERVICE_KEY, one to add to everybody's SERVICES_JWKS."""
    from buurtthuis.identity.service_keys import ServiceKey

    with clear_errors():
        key = ServiceKey.new(service)
        print(f"SERVICE_KEY='{key.private_jwk()}'")
        print(key.public_jwk(corporation or None))


@app.command("redis-user")
def new_redis_user(
    name: Annotated[str, typer.Argument(help="A service by its name, or a program that reads along.")],
    corporation: Annotated[
        list[str] | None, typer.Option("--corporation", "-c", help="Only for these; for all if left out.")
    ] = None,
    reads: Annotated[bool, typer.Option("--reads", help="It reads along, and says nothing itself.")] = False,
    in_group: Annotated[bool, typer.Option("--in-group", help="It reads along in consumer groups.")] = False,
) -> None:
    """Make a user of Redis: one line for its REDIS_URL, one for the ACL file of Redis."""
    from buurtthuis.eventlog.redis_users import acl_line, reader_rights, service_rights

    password, slugs = secrets.token_hex(24), corporation or ["*"]
    rights = reader_rights(slugs, in_groups=in_group) if reads or in_group else service_rights(name, slugs)
    print(f"REDIS_URL=redis://{name}:{password}@redis:6379/0")
    print(acl_line(name, password, rights))


@app.command("issuer-jwks")
def print_issuer_jwks(data: DataFolder = DATA) -> None:
    """Print the public half of the issuer's key, for the ISSUER_JWKS of who only verifies."""
    with clear_errors():
        print(json.dumps(LocalIssuer.of(_with_key(Settings.read(), data)).public_jwks()))


@app.command()
def revoke(
    what: Annotated[
        str, typer.Argument(help="The token itself; or the id of a subject, of a sign-in or of a token.")
    ],
    corporation: CorporationSlug,
    url: Url = URL,
    data: DataFolder = DATA,
) -> None:
    """Take access tokens back: every service refuses them within seconds, and ends the live feeds they opened."""
    with clear_errors(), _client(url, data, corporation) as client:
        _check(client.post("/notifications/v1/revocations", json={"id": str(_revocable(what))}))
        console.print("Taken back.")


def _revocable(what: str) -> UUID:
    try:
        return revocable_by(what) if "." in what else UUID(what)
    except (Unauthenticated, ValueError):
        raise SettingsError("That is neither a token nor an id.") from None


@app.command()
def demo(port: Annotated[int, typer.Option(help="A free port; 0 picks one.")] = 0) -> None:
    """Play a story through the HTTP APIs of a fresh system, watch the events, check the figures."""
    from buurtthuis.cli.demo import play_on_a_fresh_system

    logging.configure("ERROR")
    with tempfile.TemporaryDirectory(prefix="buurtthuis-demo-") as folder:
        run(play_on_a_fresh_system(Path(folder), port, console))


@app.command()
def doctor(data: DataFolder = DATA) -> None:
    """Check settings, databases, Redis, corporations, clocks and lag, and say what to do."""
    from buurtthuis.cli.doctor import examine

    logging.configure("CRITICAL")
    with clear_errors():
        findings = asyncio.run(examine(Settings.read(), data))
    table = Table("", "What", "Finding", box=None)
    for finding in findings:
        mark = "[green]ok[/green]" if finding.well else "[red]no[/red]"
        table.add_row(mark, finding.what, escape(finding.said))
    console.print(table)
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


@events.command("tail")
def tail_events(
    service: ServiceName,
    corporation: CorporationSlug,
    after: Annotated[int | None, typer.Option(help="Start above this position; now if left out.")] = None,
    type: Annotated[str | None, typer.Option(help="Only this type, e.g. surveys.theme-proposed.v1.")] = None,
    house: Annotated[UUID | None, typer.Option(help="Only this house.")] = None,
    count: Annotated[int | None, typer.Option(help="Stop after so many.")] = None,
    url: Url = URL,
    data: DataFolder = DATA,
) -> None:
    """Show events as they happen, a JSON document a line."""
    wanted = {"after": after, "type": type, "house": str(house) if house else None}
    with clear_errors(), _client(url, data, corporation) as client, _interruptible():
        for event in islice(_live(client, f"/{service}/v1/events", wanted), count):
            print(event, flush=True)


def _live(client: httpx.Client, feed: str, wanted: dict[str, Any]) -> Iterator[str]:
    """Events as they happen, until the service lets us go; where it says so, from there anew."""
    query, name = {name: value for name, value in wanted.items() if value is not None}, ""
    accept = {"Accept": "text/event-stream"}
    with client.stream("GET", feed, params=query, headers=accept, timeout=None) as response:
        _check(response)
        for line in response.iter_lines():
            field, _, value = line.partition(": ")
            if (field, name) == ("data", "reset"):
                anew = {**wanted, "after": json.loads(value)["after"]}
                break
            if field == "data":
                yield value
            name = value if field == "event" else name
        else:
            return
    yield from _live(client, feed, anew)


@events.command("show")
def show_event(
    service: ServiceName,
    position: Annotated[int, typer.Argument(min=1, help="Its position in the journal.")],
    corporation: CorporationSlug,
    url: Url = URL,
    data: DataFolder = DATA,
) -> None:
    """Show one event."""
    with clear_errors(), _client(url, data, corporation) as client:
        found = _json(client.get(f"/{service}/v1/events", params={"after": position - 1, "limit": 1}))
        if not found or int(found[0]["sequence"]) != position:
            raise SettingsError(f"{service} has no event at position {position}.")
        console.print_json(json.dumps(found[0]))


@events.command("parked")
def parked_events(
    service: ServiceName, corporation: CorporationSlug, url: Url = URL, data: DataFolder = DATA
) -> None:
    """List events that a reaction gave up on."""
    with clear_errors(), _client(url, data, corporation) as client:
        table, after = Table(Column("Id", no_wrap=True), "Reaction", "Type", "Since", "Why", box=None), None
        while True:
            page = _json(client.get(f"/{service}/v1/parked-events", params={"after": after} if after else {}))
            for item in page["items"]:
                table.add_row(
                    item["id"],
                    item["reaction"],
                    item["envelope"]["type"],
                    item["parked_at"],
                    escape(item["why"]),
                )
            after = page["next"]
            if not after:
                break
        console.print(table if table.row_count else "Nothing is parked.")


@events.command("retry")
def retry_event(
    service: ServiceName, id: UUID, corporation: CorporationSlug, url: Url = URL, data: DataFolder = DATA
) -> None:
    """Let the reaction to a parked event try again."""
    with clear_errors(), _client(url, data, corporation) as client:
        _check(client.post(f"/{service}/v1/parked-events/{id}/retry"))
        console.print("It worked; the event is no longer parked.")


@events.command("drop")
def drop_event(
    service: ServiceName,
    id: UUID,
    corporation: CorporationSlug,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = URL,
    data: DataFolder = DATA,
) -> None:
    """Give up on a parked event for good."""
    if not yes:
        typer.confirm("The reaction to this event will never happen. Drop it?", abort=True)
    with clear_errors(), _client(url, data, corporation) as client:
        _check(client.delete(f"/{service}/v1/parked-events/{id}"))
        console.print("Dropped.")


def _services() -> "dict[str, Service]":
    from buurtthuis.runtime.installed import installed_services

    return installed_services()


def _service(name: str) -> "Service":
    there = entry_points(group=SERVICES)
    if name not in there.names:
        raise typer.BadParameter(
            f"there is no service called {name}; installed are {', '.join(sorted(there.names))}"
        )
    from buurtthuis.runtime.installed import offered

    with clear_errors():
        return offered(there[name])


def _issuer(data: Path, corporation: str) -> LocalIssuer:
    settings = Settings.read()
    if corporation not in Corporations.load(settings.corporations_file):
        raise SettingsError(f"{settings.corporations_file} has no corporation called {corporation}.")
    return LocalIssuer.of(_with_key(settings, data))


def _with_key(settings: Settings, data: Path) -> Settings:
    return settings if settings.issues else settings.model_copy(update={"issuer_key_file": _key_of(data)})


def _key_of(data: Path) -> Path:
    # A key made here would be one that nothing accepts.
    if not (data / "issuer.json").exists():
        raise SettingsError(
            f"There is no key in {data}: start `buurtthuis up` there first, name its folder with --data, "
            "or set ISSUER_KEY or ISSUER_KEY_FILE. In containers notifications has it: "
            "`docker compose exec notifications buurtthuis token …`."
        )
    return data / "issuer.json"


def _client(url: str, data: Path, corporation: str) -> httpx.Client:
    token = _issuer(data, corporation).issue(corporation, [Role.OPERATOR], lifetime=timedelta(hours=24))
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=35)


def _check(response: httpx.Response) -> None:
    if response.is_error:
        response.read()
        raise SettingsError(_told(response))


def _told(response: httpx.Response) -> str:
    """A refusal's own sentence, where it is one of ours."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{response.url} answered {response.status_code}: is that where BuurtThuis runs?"


def _json(response: httpx.Response) -> Any:
    _check(response)
    return response.json()


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(0)


# A service may have commands of its own. Its module is read at every start, and imports the rest when it is asked.
# One that cannot be imported keeps nobody from the others.
for group in entry_points(group="buurtthuis.commands"):
    try:
        app.add_typer(group.load(), name=group.name)
    except Exception as error:
        complain(f"The commands of {group.name} cannot be loaded: {type(error).__name__}: {error}.")
