"""Reads along with redis-py alone: `python with_redis.py`, with REDIS_URL, URL and TOKEN set.

The position is all it has to remember. Where the stream skips one, the feed has what is missing.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx
import redis

STREAM = "buurtthuis:{woonpartners}:sessions"
FEED = f"{os.environ['URL']}/sessions/v1/events"
TOKEN = {"Authorization": f"Bearer {os.environ['TOKEN']}"}


def events(position: int) -> Iterator[dict[str, Any]]:
    """Every event after `position`, in order, each once; then the new ones, for ever."""
    streams: Any = redis.Redis.from_url(os.environ["REDIS_URL"], protocol=2)
    while True:
        for _, entries in streams.xread({STREAM: f"{position}-0"}, count=100, block=4000):
            heard = [json.loads(fields[b"__data__"]) for _, fields in entries]
            for event in heard if is_next(heard[0], position) else from_the_feed(position):
                position = int(event["sequence"])
                yield event


def is_next(event: dict[str, Any], position: int) -> bool:
    return int(event["sequence"]) == position + 1


def from_the_feed(position: int) -> list[dict[str, Any]]:
    page = httpx.get(FEED, params={"after": position}, headers=TOKEN).raise_for_status()
    return list(page.json())


if __name__ == "__main__":
    for event in events(int(os.environ.get("POSITION", "0"))):
        print(int(event["sequence"]), event["type"], event["data"], flush=True)
