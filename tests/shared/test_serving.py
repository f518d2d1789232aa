"""The socket of a process."""

import socket

from buurtthuis.runtime.serving import listen_on


def test_what_is_sent_leaves_at_once() -> None:
    with listen_on("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
