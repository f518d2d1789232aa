"""Runs commands as processes of their own, without the seconds that importing everything takes each time.

`python -m tests.forked SOCKET` imports everything once, and forks for whoever calls there: they say in a line of JSON what
to run, where, and with which environment, with the files that it writes to, and are told the process id, and at last the exit
code. It ends when its input does: with who started it.
"""

import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from buurtthuis.cli.main import app
from buurtthuis.runtime.installed import installed_services

#: Of what a caller says, in bytes.
LONGEST = 65536


def main(path: Path) -> None:
    """Fork for every caller."""
    installed_services()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([sys.stdin, listener], [], [])[0]:
            caller, _ = listener.accept()
            if not os.fork():
                _run_for(caller)
            caller.close()
    path.unlink()


def _run_for(caller: socket.socket) -> NoReturn:
    """By one more process, so that somebody waits for it."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        said, written_to, _, _ = socket.recv_fds(caller, LONGEST, 2)
        runner = os.fork()
        if not runner:
            caller.close()
            _become(json.loads(said), written_to)
        for descriptor in written_to:
            os.close(descriptor)
        caller.sendall(b"%d\n" % runner)
        _, status = os.waitpid(runner, 0)
        caller.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _become(wanted: dict[str, Any], written_to: list[int]) -> NoReturn:
    """What `exec` does, as far as a command can tell."""
    code: Any = 1
    try:
        for descriptor, file in enumerate((os.open(os.devnull, os.O_RDONLY), *written_to)):
            os.dup2(file, descriptor)
        os.chdir(wanted["folder"])
        os.environ.clear()
        os.environ.update(wanted["env"])
        sys.path[:0] = [found for found in wanted["env"].get("PYTHONPATH", "").split(os.pathsep) if found]
        sys.argv = ["buurtthuis", *wanted["words"]]
        app(prog_name="buurtthuis")
    except SystemExit as stopped:
        code = stopped.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
