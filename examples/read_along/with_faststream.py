"""Reads along with plain FastStream, in a consumer group: `python with_faststream.py`, with REDIS_URL set.

The group begins with what is said after its first start. What a reader took and did not finish, because it failed
or died, is claimed by another one, or by itself: so every event is handled at least once, sometimes twice.
"""

import asyncio
import os
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.redis import RedisBroker, StreamSub

STREAM = "buurtthuis:{woonpartners}:sessions"
GROUP, CONSUMER = "dashboard", os.environ.get("CONSUMER", "one")

new = StreamSub(STREAM, group=GROUP, consumer=CONSUMER, polling_interval=1000, max_records=100)
unfinished = StreamSub(
    STREAM, group=GROUP, consumer=CONSUMER, polling_interval=1000, min_idle_time=5000
)  # milliseconds: longer than a handler takes

broker = RedisBroker(os.environ["REDIS_URL"])


@broker.subscriber(stream=new, ack_policy=AckPolicy.NACK_ON_ERROR)
@broker.subscriber(stream=unfinished, ack_policy=AckPolicy.NACK_ON_ERROR)
async def hear(event: dict[str, Any]) -> None:
    print(int(event["sequence"]), event["type"], event["data"], flush=True)


if __name__ == "__main__":
    asyncio.run(FastStream(broker).run())
