"""Everything works through a transaction-pooling proxy: real PgBouncer, with fewer connections than clients."""

import asyncio
import os
import shutil
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Clock, eventually, playground
from sqlalchemy.engine import make_url

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed")


@pytest.fixture
async def pooled(
    settings: Settings, templates: dict[str, Service], tmp_path: Path, unused_tcp_port: int
) -> AsyncIterator[Settings]:
    """The same databases, through PgBouncer with three server connections each."""
    url = make_url(settings.database_url)
    host = url.host or url.query["host"]
    (tmp_path / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={host} port={url.port or 5432}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {unused_tcp_port}\nunix_socket_dir =\n"
        "pool_mode = transaction\ndefault_pool_size = 3\n"
        f"auth_type = trust\nauth_file = {tmp_path}/users\n"
        f"logfile = {tmp_path}/pgbouncer.log\npidfile = {tmp_path}/pgbouncer.pid\n"
    )
    (tmp_path / "users").write_text("".join(f'"{service}" ""\n' for service in templates))
    ordinary = ["--user=nobody"] if os.getuid() == 0 else []
    if ordinary:  # PgBouncer does not run as root, and has to reach its folder
        if str(host).startswith("/") and not Path(str(host)).stat().st_mode & stat.S_IXOTH:
            pytest.skip("as root, PgBouncer's user cannot reach the embedded server's private socket")
        shutil.chown(tmp_path, "nobody")
        for folder in tmp_path.parents[:3]:
            folder.chmod(0o755)
    process = subprocess.Popen([str(PGBOUNCER), "-q", *ordinary, str(tmp_path / "pgbouncer.ini")])  # noqa: ASYNC220
    through = url.set(host="127.0.0.1", port=unused_tcp_port, query={})
    pooled_url = through.render_as_string(hide_password=False).replace("%7B", "{").replace("%7D", "}")

    async def answers() -> bool:
        try:
            dsn = pooled_url.replace("+asyncpg", "").replace("{service}", "surveys")
            await (await asyncpg.connect(dsn, statement_cache_size=0)).close()
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    try:
        await eventually(answers, "PgBouncer answers")
        yield settings.model_copy(
            update={"database_url": pooled_url, "database_direct_url": settings.database_url}
        )
    finally:
        process.terminate()
        process.wait()


async def test_a_theme_becomes_a_draft_through_a_transaction_pooler(
    pooled: Settings, templates: dict[str, Service], clock: Clock
) -> None:
    async with playground(templates.values(), pooled, clock) as place:
        staff = place.client(Role.STAFF)
        house = (
            await staff.post(
                "/sessions/v1/houses", json={"title": "Wingerd", "town": "Waddinxveen", "dwellings": 96}
            )
        ).json()["id"]
        body = {"house_id": house, "title": "Ontmoeten"}
        made = await asyncio.gather(*(staff.post("/surveys/v1/themes", json=body) for _ in range(20)))
        for theme in made:
            for step in ("admission", "selection"):
                assert (
                    await staff.post(f"/surveys/v1/themes/{theme.json()['id']}/{step}")
                ).status_code == 200
        await place.settled()
        assert len((await staff.get("/sessions/v1/sessions")).json()["items"]) == 20
