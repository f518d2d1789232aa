"""Codes on paper, to answer with or to join with: 75 random bits in letters and digits that are not mistaken for each other, and a check symbol.

Crockford's base 32 (https://www.crockford.com/base32.html). A code that would end in one of the
signs that his check symbols add is thrown away for another, so that people type letters and digits only.
"""

import hmac
import itertools
import secrets
from collections.abc import Iterable
from hashlib import sha256

from buurtthuis.core.errors import Refusal, Refused

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 15
BITS = 5 * LENGTH
MODULUS = 37
READ_AS = str.maketrans("ILO", "110", "- ")


class MistypedCode(Refused):
    """There is a typing error in this code: it is 16 letters and digits, as printed in the letter."""

    kind = Refusal.INVALID


def new_code() -> str:
    """A code that nobody guesses, in groups of four to be typed by hand: `7K3M-9QXZ-22TB-H0WV`."""
    return _first_to_type(secrets.randbits(BITS) for _ in itertools.count())


def derived_code(key: bytes, of: str) -> str:
    """The code that follows from a secret and from whose it is: the same each time, and to whoever has not the secret as
    random as a new one."""
    digests = (hmac.digest(key, f"code {number} {of}".encode(), sha256) for number in itertools.count())
    return _first_to_type(int.from_bytes(digest) >> (8 * len(digest) - BITS) for digest in digests)


def as_typed(code: str, field: str = "code") -> str:
    """The code that somebody meant; raises MistypedCode, which names the `field`, where they cannot have meant any."""
    meant = code.upper().translate(READ_AS)
    if len(meant) != LENGTH + 1 or not set(meant) <= set(ALPHABET):
        raise MistypedCode(field=field)
    if _value(meant[:-1]) % MODULUS != ALPHABET.index(meant[-1]):
        raise MistypedCode(field=field)
    return _grouped(meant)


def _first_to_type(values: Iterable[int]) -> str:
    value = next(value for value in values if value % MODULUS < len(ALPHABET))
    return _grouped(_written(value) + ALPHABET[value % MODULUS])


def _written(value: int) -> str:
    return "".join(ALPHABET[(value >> 5 * place) & 31] for place in reversed(range(LENGTH)))


def _value(symbols: str) -> int:
    value = 0
    for symbol in symbols:
        value = value << 5 | ALPHABET.index(symbol)
    return value


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + 4] for start in range(0, len(symbols), 4))
