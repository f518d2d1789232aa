"""Links that need no signing in: whoever has one may do one thing, and nobody makes one up.

Mail programs, their makers and whoever keeps a log read links, so one that is about a resident is sealed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest
from uuid import UUID

from buurtthuis.events.notifications import Channel

from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.vault import CannotOpen, Vault

SIGNATURE = 16
TOPICS, CHANNELS = tuple(Topic), tuple(Channel)
SEEN, UNSUBSCRIBE = b"s", b"u"


class NoToken(Exception):
    """Nobody here made this."""


def to_see(vault: Vault, message: UUID) -> str:
    """For saying that a message was read."""
    words = SEEN + message.bytes
    return _written(words + vault.digest(words.hex())[:SIGNATURE])


def to_unsubscribe(vault: Vault, resident: UUID, topic: Topic, channel: Channel) -> str:
    """For hearing no more of one kind by one road."""
    words = UNSUBSCRIBE + resident.bytes + bytes((TOPICS.index(topic), CHANNELS.index(channel)))
    return vault.seal(_written(words)).decode().rstrip("=")


def seen(vault: Vault, token: str) -> UUID:
    """Which message was read. Raises NoToken."""
    return UUID(bytes=_of(SEEN, 16, _signed(vault, token)))


def unsubscribed(vault: Vault, token: str) -> tuple[UUID, Topic, Channel]:
    """Who wants to hear no more of what, and by which road. Raises NoToken."""
    try:
        words = _read(vault.open(f"{token}{_padding(token)}".encode()))
    except CannotOpen:
        words = _signed(vault, token)  # as they were made before, in messages that people still have
    found = _of(UNSUBSCRIBE, 18, words)
    return UUID(bytes=found[:16]), TOPICS[found[16]], CHANNELS[found[17]]


def _signed(vault: Vault, token: str) -> bytes:
    found = _read(token)
    words, signature = found[:-SIGNATURE], found[-SIGNATURE:]
    if not any(compare_digest(signature, one[:SIGNATURE]) for one in vault.digests(words.hex())):
        raise NoToken
    return words


def _of(purpose: bytes, length: int, words: bytes) -> bytes:
    """What is said for this purpose, and no other."""
    if words[:1] != purpose or len(words) != 1 + length:
        raise NoToken
    return words[1:]


def _written(words: bytes) -> str:
    return urlsafe_b64encode(words).rstrip(b"=").decode()


def _read(token: str) -> bytes:
    try:
        return urlsafe_b64decode(f"{token}{_padding(token)}")
    except ValueError:
        raise NoToken from None


def _padding(token: str) -> str:
    return "=" * (-len(token) % 4)
