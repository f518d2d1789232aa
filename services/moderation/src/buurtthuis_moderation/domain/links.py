"""Links that lead where nobody wants to go."""

from collections.abc import Iterator
from itertools import islice

import re2
from buurtthuis.events.moderation import Check

from buurtthuis_moderation.domain.findings import ENOUGH, MOST, Finding
from buurtthuis_moderation.domain.looks import looks, seen

#: These hide where they lead; a house adds its own.
SHORTENERS = frozenset(
    {"bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "ow.ly", "rb.gy", "s.id", "shorturl.at", "t.co"}
    | {"t.ly", "tiny.cc", "tinyurl.com", "v.gd"}
)
LONGEST = 253
HOST = re2.compile(r"[^\s.,:;/?#@()<>]+(?:\.[^\s.,:;/?#@()<>]+)+")


def find_links(readable: str, own: frozenset[str]) -> Iterator[Finding]:
    """To a blocked site, to any part of one, or to a name that looks like it."""
    blocked = {_look(site) for site in (*SHORTENERS, *own)}
    hosts = islice(HOST.finditer(readable), MOST)
    found = (host.span() for host in hosts if not blocked.isdisjoint(_sites(host.group())))
    for span in islice(found, ENOUGH):
        yield Finding(Check.LINKS, *span)


def _sites(host: str) -> Iterator[str]:
    """The host, and whatever it is a part of."""
    parts = _look(host[-LONGEST:]).split(".")
    return (".".join(parts[start:]) for start in range(max(0, len(parts) - 8), len(parts) - 1))


def _look(host: str) -> str:
    return ".".join(looks(part) for part in seen(host)[0].split("."))
