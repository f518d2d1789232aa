"""Starts services as processes of their own, without the seconds that importing everything takes each time.

`python -m tests.faults.nursery` imports everything once, then forks for every line it reads: a JSON
object with the services' names, the port, the environment and the log file. It answers with the
process id. What it started dies with it.
"""

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
from typing import Any

from buurtthuis.core.settings import Settings
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.process import Process
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.serving import serve
from buurtthuis.telemetry import logging

from tests.faults.town import SERVICES

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Fork for every line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    known = {**installed_services(), **SERVICES}
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(json.loads(line), known)
        print(child, flush=True)


def become(wanted: dict[str, Any], known: dict[str, Service]) -> None:
    """Serve until killed or told to stop."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for descriptor in (1, 2):
            os.dup2(log, descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(wanted["environment"])
        logging.configure("WARNING")
        asyncio.run(run([known[name] for name in wanted["services"]], wanted["port"]))
        code = 0
    finally:
        os._exit(code)


async def run(services: list[Service], port: int) -> None:
    """As `buurtthuis serve` does, but replicas may share a port, as behind a gateway."""
    with socket.create_server(("127.0.0.1", port), backlog=4096, reuse_port=True) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        await serve(Process(services, Settings()), listener)


if __name__ == "__main__":
    main()
