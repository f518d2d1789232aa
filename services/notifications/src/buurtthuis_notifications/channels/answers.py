"""What an answer for good of a mail server is about: the address, us, or neither.

By its enhanced code where there is one (RFC 3463): x.1.x is the address, but for the sender's; x.7.x is policy, so us; the
rest (a full mailbox, the server's own troubles, the network, the content) passes, or is another message's luck. Only
without such a code, or with one that says nothing (x.0.x, x.1.0), the words decide, since 550 stands for an
unknown mailbox as well as for a block list (RFC 5321).
In doubt it is not the address: a message that is tried in vain goes by the next road a while later, and an address that
is given up is not tried at all.
"""

import re
from enum import StrEnum

FOR_GOOD = 500


class RefusalCause(StrEnum):
    """What is to change before it can go."""

    ADDRESS = "address"
    US = "us"
    NEITHER = "neither"


class Stage(StrEnum):
    """What was said last: nothing of whom it is for, the address, or all of it."""

    GREETING = "greeting"
    RECIPIENT = "recipient"
    CONTENT = "content"


#: At the start of a line, or behind it all as qmail writes it; an address of the internet is none.
ENHANCED = re.compile(r"(?:^\s*#?|\(#)5\.(\d{1,3})\.(\d{1,3})\b(?!\.\d)", re.MULTILINE)
#: Of x.1.x these are about the sender's address.
OF_THE_SENDER = ("7", "8")
#: These say no more than that it is some address, which may be the sender's, or nothing at all.
UNSAID = "0"
OF_US = re.compile(
    r"spam|junk|block|black ?list|deny ?list|denied|reputation|polic(y|ies)\b|dmarc|\bspf\b|dkim|relay|authent|authori[sz]"
    r"|\brbl\b|dnsbl|listed\b|\bbanned|abus|\brate\b|too many|throttl|limit|reverse dns|\brdns|\bptr\b|\bhelo\b|\behlo\b"
    r"|sender|your (ip|host|server|domain)|https?://",
    re.IGNORECASE,
)
FULL = re.compile(r"\bfull\b|quota|storage|insufficient", re.IGNORECASE)
UNKNOWN = re.compile(
    r"(no such|unknown|invalid|non-?existent|inactive|disabled) (user|mailbox|recipient|address|account|local)"
    r"|(user|mailbox|recipient|address|account)[^.]{0,40} (unknown|not found|does ?n[o']t exist|is invalid|unavailable)"
    r"|does ?n[o']t have a",
    re.IGNORECASE,
)
#: "No such mailbox" in its three forms, and "this domain takes no mail" (RFC 7504).
NO_MAILBOX, NO_MAIL_THERE = (550, 551, 553), 556
#: "No service here", and what signing in is refused with.
NOT_FOR_US = (521, 530, 534, 535, 538, 554)


def about(code: int, words: str, stage: Stage) -> RefusalCause:
    """What a refusal with this code and these words, at this stage, is about."""
    if code < FOR_GOOD:
        return RefusalCause.NEITHER
    if stage is Stage.GREETING:
        return RefusalCause.US
    found = ENHANCED.search(words)
    if not found or found[1] == UNSAID or found.groups() == ("1", UNSAID):
        return _by_words(code, words, stage)
    return _by_status(found[1], found[2])


def in_short(code: int, words: str) -> str:
    """The codes alone: words may quote an address."""
    found = ENHANCED.search(words)
    return f"SMTP {code} 5.{found[1]}.{found[2]}" if found else f"SMTP {code}"


def _by_status(subject: str, detail: str) -> RefusalCause:
    if subject == "7" or (subject == "1" and detail in OF_THE_SENDER):
        return RefusalCause.US
    return RefusalCause.ADDRESS if subject == "1" else RefusalCause.NEITHER


def _by_words(code: int, words: str, stage: Stage) -> RefusalCause:
    if OF_US.search(words):
        return RefusalCause.US
    if FULL.search(words):
        return RefusalCause.NEITHER
    if stage is Stage.CONTENT:
        return RefusalCause.US if code in (*NO_MAILBOX, *NOT_FOR_US) else RefusalCause.NEITHER
    if code in NO_MAILBOX or code == NO_MAIL_THERE or (code in NOT_FOR_US and UNKNOWN.search(words)):
        return RefusalCause.ADDRESS
    return RefusalCause.US if code in NOT_FOR_US else RefusalCause.NEITHER
