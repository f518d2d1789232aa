"""docker-compose.yml on a real engine: the story through the gateway, and what a container may and may not do.

The first run builds the images; afterwards Docker's build cache has all but the last layers. It then
takes somewhat over a minute. Containers, networks, volumes and image names are gone at the end.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.cli.demo import Story
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.testing import eventually
from dotenv import dotenv_values

from tests.commands import free_port
from tests.servers import docker_has_images

ROOT = Path(__file__).parents[2]
BASE_IMAGES = ("python:3.13-slim-bookworm", "debian:bookworm-slim")
CONTACT = "mailto:security@example.nl"
SERVICE = "com.docker.compose.service"
LEAVING = "noorderhof"
OURS = ("gateway", "surveys", "sessions", "postgres", "redis")


class Deployment:
    """The composition as it runs, under a name of its own."""

    def __init__(self, folder: Path) -> None:
        from testcontainers.compose import DockerCompose

        self.project = f"buurtthuis-test-{uuid4().hex[:8]}"
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        example = [sys.executable, str(ROOT / "deploy" / "new_env.py")]
        fresh = subprocess.run(example, check=True, capture_output=True, text=True).stdout
        own = f"\nCOMPOSE_PROJECT_NAME={self.project}\nADDRESS=127.0.0.1\nPORT={port}\nSECURITY_CONTACT={CONTACT}\n"
        self.corporations, self.safe = folder / "corporations", folder / "safe"
        for kept in (self.corporations, self.safe):
            kept.mkdir()
        shutil.copy(ROOT / "corporations.toml", self.corporations)
        own += f"CORPORATIONS_FILE={self.corporations}\n"
        file = folder / "env"
        file.write_text(fresh + own)
        self.settings = dotenv_values(file)
        self.compose = DockerCompose(ROOT, build=True, wait=True, env_file=str(file))

    def run(self, *words: str) -> str:
        """A `docker compose` command."""
        command = [*self.compose.docker_compose_command(), *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def inside(self, service: str, *words: str) -> tuple[int, str]:
        """A command in a service's container: its exit code, and all it said."""
        command = [*self.compose.docker_compose_command(), "exec", "-T", service, *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def containers(self) -> Any:
        """All of them, also those that have done their work."""
        return engine().containers.list(all=True, filters=self._ours)

    def left_behind(self) -> list[object]:
        """What still bears our name."""
        client = engine()
        return [
            *self.containers(),
            *client.networks.list(filters=self._ours),
            *client.volumes.list(filters=self._ours),
            *client.images.list(filters=self._ours),
        ]

    @property
    def _ours(self) -> dict[str, str]:
        return {"label": f"com.docker.compose.project={self.project}"}


def engine() -> Any:
    import docker

    return docker.from_env(timeout=60)


def why_not() -> str:
    """What is missing here, in a line; empty where nothing is."""
    if not docker_has_images():
        return "no container engine with PostgreSQL and Redis images"
    missing = [image for image in BASE_IMAGES if not engine().images.list(name=image)]
    if missing:
        return f"the engine has no image {missing[0]}"
    found = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return "" if found.returncode == 0 else "the engine has no compose"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Everything up and healthy; afterwards nothing is left."""
    if reason := why_not():
        pytest.skip(reason)
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    system = Deployment(tmp_path_factory.mktemp("compose"))
    with pytest.MonkeyPatch.context() as environment:
        for name in system.settings:
            environment.delenv(name, raising=False)
        try:
            system.compose.start()
            yield system
        finally:
            system.run("down", "--volumes", "--remove-orphans", "--rmi", "local")
            assert system.left_behind() == []


@pytest.fixture(scope="module")
def leaving(deployment: Deployment) -> Iterator["subprocess.Popen[str]"]:
    """A corporation leaves one service, which takes a while, beside whatever else is looked at."""
    run = [*deployment.compose.docker_compose_command(), "run", "--rm", "--no-deps", "-T"]
    whose = ["--user", str(os.getuid()), "--volume", f"{deployment.safe}:/safe", "moderation-database"]
    leave = ["corporations", "leave", LEAVING, "--to", f"/safe/{LEAVING}", "--yes"]
    with subprocess.Popen(
        [*run, *whose, *leave], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        yield process


@pytest.fixture
async def anybody(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token, at the gateway."""
    async with httpx.AsyncClient(base_url=deployment.url, timeout=30) as client:
        yield client


@pytest.mark.usefixtures("leaving")
async def test_the_story_is_played_through_the_gateway(deployment: Deployment) -> None:
    key = deployment.settings["ISSUER_KEY"]
    assert key

    async def until(moment: datetime) -> None:
        async def it_is_time() -> bool:
            return datetime.now(UTC) >= moment

        await eventually(it_is_time, "the session's beginning")

    story = Story(
        deployment.url,
        LocalIssuer.from_jwk(key),
        lambda _: None,
        until,
        lambda: datetime.now(UTC),
        starts_in=timedelta(seconds=12),
    )
    await story.play()
    assert story.checked == 20


def test_no_container_takes_all_of_the_machine(deployment: Deployment) -> None:
    for container in deployment.containers():
        host = container.attrs["HostConfig"]
        assert host["Memory"] > 0
        assert host["PidsLimit"] > 0
        assert host["LogConfig"]["Config"]["max-size"]


def test_services_know_the_gateway_and_believe_nobody_else(deployment: Deployment) -> None:
    look_up = "import socket; print(socket.gethostbyname('gateway'))"
    code, address = deployment.inside("surveys", "python", "-c", look_up)
    assert (code, deployment.inside("surveys", "printenv", "FORWARDED_ALLOW_IPS")) == (0, (0, "gateway\n"))
    [gateway] = [one for one in deployment.containers() if one.labels[SERVICE] == "gateway"]
    found = [one["IPAddress"] for one in gateway.attrs["NetworkSettings"]["Networks"].values()]
    assert found == [address.strip()]


@pytest.mark.parametrize("path", ["/surveys/v1/docs", "/notifications/v1/public/woonpartners/push-key"])
async def test_a_name_that_is_not_ours_is_answered_nothing(anybody: httpx.AsyncClient, path: str) -> None:
    answer = await anybody.get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["type"]) == (421, "urn:problem-type:buurtthuis:not-our-name")


async def test_what_is_caught_in_development_is_nowhere(anybody: httpx.AsyncClient) -> None:
    for path in ("sink", "sink/", "sink/None"):
        answer = await anybody.get(f"/notifications/v1/{path}", headers={"X-Forwarded-For": "127.0.0.1"})
        assert answer.status_code == 404


def test_only_the_gateway_publishes_a_port(deployment: Deployment) -> None:
    published = {
        container.labels[SERVICE]: list(filter(None, container.ports.values()))
        for container in deployment.containers()
    }
    assert {service for service, ports in published.items() if ports} == {"gateway"}


@pytest.mark.parametrize("service", OURS)
def test_a_container_runs_as_an_ordinary_user_without_any_capability(
    deployment: Deployment, service: str
) -> None:
    _, status = deployment.inside(service, "cat", "/proc/1/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in facts["Uid"].split()
    assert int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"


@pytest.mark.parametrize("service", OURS)
def test_a_container_cannot_write_to_its_own_files(deployment: Deployment, service: str) -> None:
    command = [*deployment.compose.docker_compose_command(), "exec", "-T", "--user", "0", service]
    done = subprocess.run(
        [*command, "touch", "/probe"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize("service", ["surveys", "sessions"])
def test_the_doctor_finds_nothing_in_a_container(deployment: Deployment, service: str) -> None:
    code, said = deployment.inside(service, "buurtthuis", "doctor")
    assert code == 0, said


@pytest.mark.parametrize(("service", "other"), [("surveys", "sessions"), ("sessions", "surveys")])
def test_an_image_holds_its_own_service_only(deployment: Deployment, service: str, other: str) -> None:
    code, said = deployment.inside(service, "python", "-c", f"import buurtthuis_{other}")
    assert code == 1
    assert f"No module named 'buurtthuis_{other}'" in said


def test_the_databases_can_be_made_again_without_harm(deployment: Deployment) -> None:
    assert deployment.inside("postgres", "databases") == (0, "")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "API of surveys"),
        ("/surveys/v1/docs", "API of surveys"),
        ("/.well-known/security.txt", f"Contact: {CONTACT}"),
        ("/security", CONTACT),
        ("/sessions/v1/asyncapi", "Events of sessions"),
    ],
)
async def test_the_gateway_has_the_same_pages(anybody: httpx.AsyncClient, path: str, text: str) -> None:
    answer = await anybody.get(path)
    assert answer.status_code == 200
    assert text in answer.text


async def test_the_short_address_of_a_service_leads_to_its_documentation(
    deployment: Deployment, anybody: httpx.AsyncClient
) -> None:
    answer = await anybody.get("/surveys", follow_redirects=True)
    assert (answer.status_code, str(answer.url)) == (200, f"{deployment.url}/surveys/v1/docs")


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/metrics",
        "/surveys/healthz",
        "/surveys/readyz",
        "/surveys/metrics",
        "/surveys/metrics/",
        "/surveys/%6detrics",
        "/surveys//metrics",
        "/surveys/metrics%0a",
        "/postgres/",
    ],
)
async def test_what_operators_need_is_not_published(anybody: httpx.AsyncClient, path: str) -> None:
    answer = await anybody.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "urn:problem-type:buurtthuis:not-found"


async def test_a_body_over_256_kib_is_refused_at_the_gate(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.post("/surveys/v1/themes", content=b"x" * (256 * 1024 + 1))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:problem-type:buurtthuis:too-large")


async def test_a_sheet_of_many_rows_reaches_the_service(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.post(
        f"/surveys/v1/campaigns/{uuid4()}/cards/sheet",
        content=b"number,title\n" + b"1,x\n" * 250_000,
        headers={"Content-Type": "text/csv"},
    )
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:problem-type:buurtthuis:unauthenticated")


async def test_a_body_of_256_kib_reaches_the_service(anybody: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await anybody.post(
        "/surveys/v1/themes", content=b'"%b"' % (b"x" * (256 * 1024 - 2)), headers=headers
    )
    assert answer.status_code == 401


def test_a_corporation_leaves_while_all_runs(
    deployment: Deployment, leaving: "subprocess.Popen[str]"
) -> None:
    said, _ = leaving.communicate(timeout=120)
    assert leaving.returncode == 0, said
    assert "have no row of it, and Redis has no key" in said
    package = deployment.safe / LEAVING
    assert json.loads((package / "manifest.json").read_text())["corporation"]["slug"] == LEAVING
    assert (package / "moderation" / "events.asyncapi.json").exists()
    code, listed = deployment.inside("surveys", "buurtthuis", "corporations", "list")
    assert code == 0
    assert "woonpartners" in listed
    assert LEAVING not in listed


async def test_a_service_that_is_away_is_said_so_and_found_again_when_it_is_back(
    deployment: Deployment, anybody: httpx.AsyncClient
) -> None:
    deployment.run("stop", "surveys")

    async def away() -> bool:
        answer = await anybody.get("/surveys/v1/docs")
        return answer.status_code == 503 and answer.headers["retry-after"] == "5"

    await eventually(away, "surveys is said to be away")
    deployment.run("up", "--detach", "--scale", "surveys=2", "--no-build", "--no-recreate", "surveys")

    async def back() -> bool:
        return (await anybody.get("/surveys/v1/docs")).status_code == 200

    assert await eventually(back, "surveys answers again")


def test_it_refuses_to_start_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("")
    command = ["docker", "compose", "--env-file", str(tmp_path / "env"), "config"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("no docker command")
    if "not a docker command" in done.stderr:
        pytest.skip("the engine has no compose")
    assert done.returncode != 0
    assert "is missing a value: see deploy/env.example" in done.stderr
