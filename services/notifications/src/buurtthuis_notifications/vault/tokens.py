"""Links that need no signing in, and refresh tokens: whoever has one may do one thing, and nobody makes one up.

Mail programs, their makers and whoever keeps a log read links, so one that is about a resident is sealed.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

from buurtthuis.events.notifications import DeliveryChannel

from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.domain.sign_ins import AT_ONCE, SignInAgain
from buurtthuis_notifications.vault import CannotOpen, Vault

SIGNATURE = 16
SECRET = 16
TOPICS, CHANNELS = tuple(Topic), tuple(DeliveryChannel)
SEEN, UNSUBSCRIBE, ASKED = b"s", b"u", b"a"


class NoToken(Exception):
    """Nobody here made this."""


def to_see(vault: Vault, message: UUID) -> str:
    """For saying that a message was read."""
    return _signing(vault, SEEN + message.bytes)


def to_answer(vault: Vault, question: UUID) -> str:
    """For answering one question, which is asked of one person."""
    return _signing(vault, ASKED + question.bytes)


def to_unsubscribe(vault: Vault, resident: UUID, topic: Topic, channel: DeliveryChannel) -> str:
    """For hearing no more of one kind by one road."""
    words = UNSUBSCRIBE + resident.bytes + bytes((TOPICS.index(topic), CHANNELS.index(channel)))
    return vault.seal(_written(words)).decode().rstrip("=")


def seen(vault: Vault, token: str) -> UUID:
    """Which message was read. Raises NoToken."""
    return UUID(bytes=_of(SEEN, 16, _signed(vault, token)))


def asked(vault: Vault, token: str) -> UUID:
    """Which question is answered. Raises NoToken."""
    return UUID(bytes=_of(ASKED, 16, _signed(vault, token)))


def unsubscribed(vault: Vault, token: str) -> tuple[UUID, Topic, DeliveryChannel]:
    """Who wants to hear no more of what, and by which road. Raises NoToken."""
    try:
        words = _read(vault.open(f"{token}{_padding(token)}".encode()))
    except CannotOpen:
        words = _signed(vault, token)  # as they were made before, in messages that people still have
    found = _of(UNSUBSCRIBE, 18, words)
    return UUID(bytes=found[:16]), TOPICS[found[16]], CHANNELS[found[17]]


def to_stay(vault: Vault, sign_in: UUID) -> str:
    """For staying signed in: a refresh token."""
    return _stay(vault, f"{sign_in}", secrets.token_bytes(SECRET))


def following(vault: Vault, token: str, turn: UUID | None = None) -> str:
    """The refresh token that comes after this one: whoever asks twice gets the same. With a `turn`, the one that stands for it
    where it was lost."""
    words = f"after:{token}:{turn}" if turn else f"after:{token}"
    return _stay(vault, token.partition(".")[0], vault.digest(words)[:SECRET])


def leading_to(vault: Vault, token: str, kept: bytes, turn: UUID | None) -> str:
    """The refresh token of which this was kept: this one, or one that follows it within so many renewals as go at once; `turn`
    is what the last one that was lost was replaced with.

    Raises SignInAgain where it leads there no more."""
    found = _from(vault, token, kept)
    if found is None and turn:
        found = _from(vault, following(vault, token, turn), kept)
    if found is None:
        raise SignInAgain
    return found


def _from(vault: Vault, token: str, kept: bytes) -> str | None:
    for _ in range(AT_ONCE + 1):
        if compare_digest(trace(token), kept):
            return token
        token = following(vault, token)
    return None


def is_ours(vault: Vault, token: str) -> bool:
    """Whether a refresh token was ever made here, for the sign-in that it names."""
    try:
        _signed(vault, token.partition(".")[2], token.partition(".")[0])
    except NoToken:
        return False
    return True


def trace(token: str) -> bytes:
    """What is kept of a refresh token."""
    return sha256(token.encode()).digest()


def _stay(vault: Vault, sign_in: str, secret: bytes) -> str:
    signature = vault.digest(f"{sign_in}{secret.hex()}")[:SIGNATURE]
    return f"{sign_in}.{_written(secret + signature)}"


def _signing(vault: Vault, words: bytes) -> str:
    return _written(words + vault.digest(words.hex())[:SIGNATURE])


def _signed(vault: Vault, token: str, to: str = "") -> bytes:
    """What was signed, for whom it was given `to`. Raises NoToken."""
    found = _read(token)
    words, signature = found[:-SIGNATURE], found[-SIGNATURE:]
    if not any(
        compare_digest(signature, digest[:SIGNATURE]) for digest in vault.digests(f"{to}{words.hex()}")
    ):
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
