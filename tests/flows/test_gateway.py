"""The gateway's own configuration in a real nginx: what it tells services of who asks, whatever the client says."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from buurtthuis.testing import eventually

from tests.commands import free_port

GATEWAY = Path(__file__).parents[2] / "deploy" / "gateway"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OUTSIDE = "93.184.215.14"

pytestmark = pytest.mark.skipif(
    not NGINX, reason="no nginx on this machine (Debian: apt install nginx-light)"
)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A service that answers with the headers it was sent."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()[1:-1]
    body = json.dumps([line.split(": ", 1) for line in head]).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body))
    await writer.drain()
    writer.close()


@dataclass(frozen=True)
class Gateway:
    """A running one."""

    client: httpx.AsyncClient

    async def told(self, **sent: str) -> dict[str, str]:
        """What a service is told, by lower-case names, where a client sends these headers."""
        headers = {name.replace("_", "-"): value for name, value in sent.items()}
        answer = await self.client.get("/surveys/v1/themes", headers=headers)
        return {name.lower(): value for name, value in answer.json()}


def put_down(folder: Path, port: int, service: int) -> Path:
    """The shipped files, as they can run here: other ports and folders, nothing else."""
    here = {
        "/tmp/": f"{folder}/",
        "/usr/share/buurtthuis": str(folder),
        "listen 8080": f"listen 127.0.0.1:{port}",
        "http://$service:8000": f"http://127.0.0.1:{service}",
    }
    for name in ("nginx.conf", "own-answers.conf", "index.html", "start"):
        text = (GATEWAY / name).read_text(encoding="utf-8")
        for theirs, ours in here.items():
            text = text.replace(theirs, ours)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "mime.types").write_text("types { text/html html; }")
    as_root = "user root; " if os.geteuid() == 0 else ""
    (folder / "bin").mkdir()
    nginx = folder / "bin" / "nginx"
    nginx.write_text(f'#!/bin/sh\nexec {NGINX} -c {folder}/nginx.conf -e stderr "$1" "{as_root}$2"\n')
    nginx.chmod(0o755)
    return folder / "start"


@asynccontextmanager
async def gateway(folder: Path, **env: str) -> AsyncIterator[Gateway]:
    """nginx before one service, started as in its container."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = free_port()
    start = put_down(folder, port, server.sockets[0].getsockname()[1])
    environment = {"PATH": f"{folder}/bin:/usr/bin:/bin", **env}
    process = await asyncio.create_subprocess_exec("bash", str(start), env=environment)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

        async def answers() -> bool:
            assert process.returncode is None
            try:
                return (await client.get("/")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(answers, "nginx answers")
            yield Gateway(client)
        finally:
            process.terminate()
            await process.wait()
            server.close()


FORGED = {
    "X_Forwarded_For": f"127.0.0.1, {OUTSIDE}",
    "X_Real_IP": OUTSIDE,
    "Forwarded": f"for={OUTSIDE}",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Prefix": "/evil",
}


async def test_a_client_is_who_connects_whatever_it_says(tmp_path: Path) -> None:
    async with gateway(tmp_path) as front:
        told = await front.told(**FORGED)
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert not {"forwarded", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix"} & told.keys()


async def test_a_proxy_that_the_operator_named_says_whom_it_brings(tmp_path: Path) -> None:
    async with gateway(tmp_path, TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8") as front:
        told = await front.told(X_Forwarded_For=f"127.0.0.1, {OUTSIDE}, 10.1.2.3")
    assert told["x-forwarded-for"] == OUTSIDE


async def test_a_proxy_that_was_not_named_is_who_connects(tmp_path: Path) -> None:
    async with gateway(tmp_path, TRUSTED_PROXIES="10.0.0.0/8") as front:
        told = await front.told(**FORGED)
    assert told["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize("proxies", ["*", "0.0.0.0/0", "::/0", "10.0.0.1; deny all", "all", "unix:"])
def test_it_does_not_start_where_everybody_is_believed(tmp_path: Path, proxies: str) -> None:
    start = put_down(tmp_path, 1, 1)
    env: Any = {"PATH": "/usr/bin:/bin", "TRUSTED_PROXIES": proxies}
    done = subprocess.run(["bash", str(start)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("TRUSTED_PROXIES: ")


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/surveys/metrics"])
async def test_its_own_answers_tell_browsers_the_same_as_the_services(tmp_path: Path, path: str) -> None:
    from buurtthuis.http.edge import ALWAYS

    async with gateway(tmp_path) as front:
        answer = await front.client.get(path)
    told = {name.lower(): value for name, value in answer.headers.raw}
    assert ALWAYS.items() <= told.items()


async def test_where_to_report_is_asked_of_a_service(tmp_path: Path) -> None:
    async with gateway(tmp_path) as front:
        for path in ("/.well-known/security.txt", "/security"):
            assert (await front.client.get(path)).status_code == 200
        assert (await front.client.get("/.well-known/other")).status_code == 404
