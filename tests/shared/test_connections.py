"""What a process needs of the machines around it does not grow with the corporations that it works for."""

import asyncio
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause
from buurtthuis.eventlog.streams import CONNECTIONS, connect
from buurtthuis.runtime import serving
from buurtthuis.testing import Playground, eventually, playground, samples
from buurtthuis.testing.samples.domain import WriteNote
from structlog.testing import capture_logs

from tests.actors import STAFF
from tests.shared.rooms import NOTES

#: A service's client, and its reader.
A_SERVICE = CONNECTIONS + 1


def corporations_file(folder: Path, many: int) -> Path:
    """Of so many corporations."""
    path = folder / f"{many}.toml"
    path.write_text(
        "\n".join(
            f'[[corporation]]\nslug = "corporation-{number}"\nname = "Nr {number}"\nkvk = "{number:08}"\n'
            'languages = ["nl"]\ntime_zone = "Europe/Amsterdam"\n'
            for number in range(1, many + 1)
        )
    )
    return path


async def everybody_writes(place: Playground) -> None:
    """One note each, all at once."""
    notes = place.service(NOTES)
    await asyncio.gather(
        *(
            notes.dispatcher.run(WriteNote("a note"), corporation, Cause(STAFF))
            for corporation in notes.corporations.values()
        )
    )
    await place.settled()


async def connected(settings: Settings) -> int:
    """Connections to this test's own part of Redis."""
    redis = connect(settings.redis_url)
    clients: Any = await redis.client_list()
    own = str(redis.connection_pool.connection_kwargs["db"])
    await redis.aclose()
    return sum(client["db"] == own and not client["cmd"].startswith("client") for client in clients)


@pytest.mark.parametrize("many", [4, 40])
async def test_a_service_has_three_connections_to_redis_whatever_the_number_of_corporations(
    sample_settings: Settings, tmp_path: Path, many: int
) -> None:
    settings = sample_settings.model_copy(update={"corporations_file": corporations_file(tmp_path, many)})
    async with playground([samples.notes, samples.echoes], settings) as place:

        async def all_is_read() -> bool:
            return all(service.alive and not service.listener.unread for service in place.process.running)

        await eventually(all_is_read)
        await everybody_writes(place)
        assert 2 < await connected(settings) <= 2 * A_SERVICE


async def test_whoever_is_cancelled_in_mid_answer_loses_no_connection(sample_settings: Settings) -> None:
    redis = connect(sample_settings.redis_url)
    for _ in range(5 * CONNECTIONS):
        asking = asyncio.ensure_future(redis.xread({"nothing": "0"}, block=1000))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert await redis.ping()
    await redis.aclose()


def allowed(soft: int) -> str:
    """What a process that begins with so many descriptors has once it may have more."""
    program = (
        "import resource; from buurtthuis.runtime.serving import allow_connections; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, resource.getrlimit(resource.RLIMIT_NOFILE)[1])); "
        "allow_connections(); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_a_process_has_as_many_descriptors_as_it_may() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = serving.MOST_DESCRIPTORS
    assert int(allowed(256)) == (most if hard == resource.RLIM_INFINITY else min(hard, most))


def test_too_few_descriptors_are_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "FEWEST_DESCRIPTORS", serving.MOST_DESCRIPTORS * 1000)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (512, 512))
    with capture_logs() as lines:
        serving.allow_connections()
    assert [line["allowed"] for line in lines] == [512]
