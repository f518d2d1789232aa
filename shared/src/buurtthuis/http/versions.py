"""ETag and If-Match: which version of an aggregate somebody read."""

import re
from collections.abc import Sequence

from buurtthuis.core.errors import (
    Malformed,
)
from buurtthuis.core.work import Versions


def etag(version: int) -> str:
    """A version as HTTP writes it."""
    return f'"{version}"'


#: What `etag` writes, and the entity tags of RFC 9110, 8.8.3: a list of them may have gaps.
VERSION = re.compile(r'(?:W/)?"(0|[1-9][0-9]{0,17})"')
ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
ENTITY_TAGS = re.compile(rf"[ \t,]*{ENTITY_TAG}(?:[ \t]*,[ \t]*(?:{ENTITY_TAG})?)*[ \t]*")


def versions(if_match: Sequence[str]) -> Versions | None:
    """The versions that If-Match allows, from all lines of it; None where it is `*`, or not there: any that there is.

    A tag that we never wrote allows none. One of ours that is weak is as good: a proxy that compresses makes it so on
    the way, and a version says what was read, not in which bytes (RFC 9110, 13.1.1, would refuse it)."""
    line = ", ".join(if_match)
    if not if_match or line.strip(" \t") == "*":
        return None
    if not ENTITY_TAGS.fullmatch(line):
        raise Malformed(
            'If-Match takes ETags as you read them, for example "3", or * for any.', place="If-Match"
        )
    tags = [VERSION.fullmatch(tag) for tag in re.findall(ENTITY_TAG, line)]
    return frozenset(int(tag[1]) for tag in tags if tag)
