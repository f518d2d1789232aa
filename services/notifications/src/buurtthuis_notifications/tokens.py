"""Links that need no signing in: whoever has one may do one thing, and nobody makes one up."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest
from uuid import UUID

from buurtthuis.events.notifications import Channel

from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.vault import Vault

SEAL = 16
TOPICS, CHANNELS = tuple(Topic), tuple(Channel)
SEEN, UNSUBSCRIBE = b"s", b"u"


class NoToken(Exception):
    """Nobody here made this."""


def to_see(vault: Vault, message: UUID) -> str:
    """For saying that a message was read."""
    return _sealed(vault, SEEN + message.bytes)


def to_unsubscribe(vault: Vault, resident: UUID, topic: Topic, channel: Channel) -> str:
    """For hearing no more of one kind by one road."""
    return _sealed(
        vault, UNSUBSCRIBE + resident.bytes + bytes((TOPICS.index(topic), CHANNELS.index(channel)))
    )


def seen(vault: Vault, token: str) -> UUID:
    """Which message was read. Raises NoToken."""
    return UUID(bytes=_opened(vault, token, SEEN, 16))


def unsubscribed(vault: Vault, token: str) -> tuple[UUID, Topic, Channel]:
    """Who wants to hear no more of what, and by which road. Raises NoToken."""
    words = _opened(vault, token, UNSUBSCRIBE, 18)
    return UUID(bytes=words[:16]), TOPICS[words[16]], CHANNELS[words[17]]


def _sealed(vault: Vault, words: bytes) -> str:
    return urlsafe_b64encode(words + vault.digest(words.hex())[:SEAL]).rstrip(b"=").decode()


def _opened(vault: Vault, token: str, purpose: bytes, length: int) -> bytes:
    try:
        found = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise NoToken from None
    words, seal = found[:-SEAL], found[-SEAL:]
    right = any(compare_digest(seal, one[:SEAL]) for one in vault.digests(words.hex()))
    if not right or words[:1] != purpose or len(words) != 1 + length:
        raise NoToken
    return words[1:]
