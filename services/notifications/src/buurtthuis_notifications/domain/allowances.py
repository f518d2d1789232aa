"""How often codes are asked for and digits are tried, and what one mailbox is, however it is written."""

from dataclasses import dataclass
from datetime import timedelta

from buurtthuis.domain import allowances
from buurtthuis.domain.allowances import AN_HOUR, Limit

A_QUARTER = timedelta(minutes=15)

#: Codes for one address that somebody asks for, from wherever they are.
FOR_ASKER = Limit(3, A_QUARTER)
#: Codes for one address that anybody asks for: so many messages nobody wants, at most.
FOR_ADDRESS = Limit(6, A_QUARTER)
#: Codes that are asked for from one network, for whatever address.
FOR_NETWORK = Limit(60, AN_HOUR)
#: Codes that are sent to people who are new, in a corporation whose houses are open to anybody. Who signs in is not among them.
FOR_NEWCOMERS = Limit(600, timedelta(minutes=10))
#: Wrong digits from one network; what is right is no guess, so that a house behind one connection signs in.
GUESSES = Limit(60, AN_HOUR)
#: The same by all together of whom nobody knows where they are: it locks no corporation out, and who
#: guesses all the time is right once in a thousand hours.
GUESSES_TOGETHER = Limit(1000, AN_HOUR)


@dataclass(eq=False)
class CodeAllowance(allowances.Allowance):
    """Of an address, of who asks for it, of a network, or of those who are new."""


#: Under these names one provider keeps the same mailbox, and its dots make no difference: as it says itself.
GOOGLE = frozenset({"gmail.com", "googlemail.com"})
#: What stands behind it is the owner's to choose (RFC 5233).
TAG = "+"


def mailbox(address: str) -> str:
    """What is the same for all spellings of an e-mail address that lead to one mailbox."""
    name, _, domain = address.rpartition("@")
    name = name.partition(TAG)[0] or name
    if domain in GOOGLE:
        name, domain = name.replace(".", "") or name, "gmail.com"
    return f"{name}@{domain}"
