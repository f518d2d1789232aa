"""Many HTTP clients in one process of their own, cheap enough to be no part of what is measured."""

import asyncio
import json
import sys
import time
from collections import defaultdict
from typing import Any

import uvloop

#: How long after a start the first commands are sent, so that a slow first one delays none, in seconds.
LEAD = 0.1


class Caller:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def on(cls, port: int) -> "Caller":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, path: str, token: str, body: bytes = b"") -> None:
        """One command; raises RuntimeError unless it is done."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        said = await self._reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(f"{path}: {answer[:40]!r} {said[:200]!r}")


async def press(port: int, path: str, token: str, body: str, callers: int, seconds: float) -> float:
    """Every caller asks again as soon as it is answered; answers a second, after a second to warm up."""
    answered = 0
    stop = asyncio.Event()

    async def keep_asking() -> None:
        nonlocal answered
        caller = await Caller.on(port)
        while not stop.is_set():
            await caller.post(path, token, body.encode())
            answered += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(keep_asking())
        await asyncio.sleep(1)
        before, started = answered, time.monotonic()
        await asyncio.sleep(seconds)
        found = (answered - before) / (time.monotonic() - started)
        stop.set()
    return found


async def pace(port: int, paths: dict[str, tuple[str, str]], every: float, callers: int) -> dict[str, float]:
    """One command per `every` seconds, whatever the answers; when each was answered, on the shared clock.

    By its name each has a path, and the token to ask it with."""
    free: asyncio.Queue[Caller] = asyncio.Queue()
    for _ in range(callers):
        free.put_nowait(await Caller.on(port))
    answered: dict[str, float] = {}

    async def ask(name: str, path: str, token: str) -> None:
        caller = await free.get()
        await caller.post(path, token)
        answered[name] = time.monotonic()
        free.put_nowait(caller)

    started = time.monotonic() + LEAD
    async with asyncio.TaskGroup() as group:
        for number, (name, (path, token)) in enumerate(paths.items()):
            await asyncio.sleep(started + number * every - time.monotonic())
            group.create_task(ask(name, path, token))
    return answered


class Follower(asyncio.Protocol):
    """One client of a live feed: counts who saw which position, and when the last one did."""

    def __init__(self, request: bytes, seen: dict[int, list[float]], opened: asyncio.Semaphore) -> None:
        self._request = request
        self._seen = seen
        self._opened = opened
        self._rest = b""
        self._waiting = True

    def connection_made(self, transport: Any) -> None:
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if self._waiting and b"retry: " in data:
            self._waiting = False
            self._opened.release()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                tally = self._seen[int(line[4:])]
                tally[0] += 1
                tally[1] = now


async def follow(port: int, path: str, token: str, callers: int) -> dict[int, list[float]]:
    """Follow until told to stop; position -> how many saw it, and when the last one did."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
    ).encode()
    seen: dict[int, list[float]] = defaultdict(lambda: [0, 0.0])
    opened, loop = asyncio.Semaphore(0), asyncio.get_running_loop()
    connecting = asyncio.Semaphore(200)

    async def connect() -> None:
        async with connecting:
            await loop.create_connection(lambda: Follower(request, seen, opened), "127.0.0.1", port)
            await opened.acquire()

    await asyncio.gather(*(connect() for _ in range(callers)))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    return seen


KINDS = {"press": press, "pace": pace, "follow": follow}


async def main(kind: str, wanted: dict[str, Any]) -> None:
    print(json.dumps(await KINDS[kind](**wanted)), flush=True)  # type: ignore[operator]


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], json.loads(sys.stdin.readline())))
