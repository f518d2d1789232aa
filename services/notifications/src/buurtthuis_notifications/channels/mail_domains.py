"""What DNS says of the domain that e-mail comes from: whether others can see that it is ours (SPF, DKIM, DMARC).

RFC 7208, 6376 and 7489. That the envelope and From are one address is ours to see to, so what SPF lets in is aligned; a
signature is where its key is below that same domain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dns.asyncresolver import Resolver, get_default_resolver
from dns.exception import DNSException
from dns.rdatatype import TXT
from dns.resolver import NXDOMAIN, NoAnswer

SECONDS = 5


class NoDns(Exception):
    """Nobody answers who could say anything of any domain."""


@dataclass(frozen=True)
class DnsFinding:
    """One thing that was looked up; where it is unwell, also what to do."""

    well: bool
    what: str
    said: str


async def examine_domain(
    domain: str, selector: str | None, resolver: Resolver | None = None
) -> Sequence[DnsFinding]:
    """What receivers find who want to know whether mail from there is ours. Raises NoDns."""
    if "." not in domain:
        said = f"{domain} is no domain of the internet, so nobody can answer, and most will not take it: set MAIL_FROM."
        return [DnsFinding(False, "domain", said)]
    asked = Asked(resolver)
    return [
        _spf(domain, await asked.texts(domain)),
        await _dkim(domain, selector, asked),
        _dmarc(domain, await asked.dmarc(domain)),
    ]


class Asked:
    """Texts in DNS."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver

    async def texts(self, name: str) -> list[str]:
        """Those at a name. Raises NoDns."""
        try:
            resolver = self._resolver or get_default_resolver()
            answer = await resolver.resolve(name, TXT, lifetime=SECONDS)
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError) as error:
            raise NoDns(type(error).__name__) from None
        return [b"".join(found.strings).decode(errors="replace") for found in answer]

    async def dmarc(self, domain: str) -> list[str]:
        """Its own policy, or that of the domain above it that has one. Raises NoDns."""
        labels = domain.split(".")
        for first in range(len(labels) - 1):
            found = await self.texts(".".join(("_dmarc", *labels[first:])))
            policies = [text for text in found if _tags(text).get("v") == "DMARC1"]
            if policies:
                return policies
        return []


def _spf(domain: str, texts: Sequence[str]) -> DnsFinding:
    policies = [text.lower().split() for text in texts if text.lower().split()[:1] == ["v=spf1"]]
    if not policies:
        said = (
            f"Nothing says which servers may send for {domain}. Add a TXT record at {domain}: "
            "v=spf1, then what your mail provider tells you to include, then -all."
        )
        return DnsFinding(False, "SPF", said)
    if len(policies) > 1:
        said = f"{domain} has {len(policies)} TXT records with v=spf1, so none counts: make them one."
        return DnsFinding(False, "SPF", said)
    if {"all", "+all", "?all"} & {*policies[0]}:
        said = f"{domain} lets anybody send for it: let its TXT record with v=spf1 end with -all."
        return DnsFinding(False, "SPF", said)
    return DnsFinding(True, "SPF", f"{domain} says which servers may send for it")


async def _dkim(domain: str, selector: str | None, asked: Asked) -> DnsFinding:
    if selector is None:
        said = (
            f"Nobody said which key e-mail from {domain} is signed with, so it was not looked for: ask your mail provider "
            "for its selector, and set it (dkim_selector, or DKIM_SELECTOR for the deployment's)."
        )
        return DnsFinding(False, "DKIM", said)
    name = f"{selector}._domainkey.{domain}"
    keys = [_tags(text) for text in await asked.texts(name)]
    if any(key.get("p") for key in keys):
        return DnsFinding(True, "DKIM", f"a key is at {name}")
    taken_back = any("p" in key for key in keys)
    found = "The key there is taken back" if taken_back else "There is no key"
    said = f"{found}: {name}. Add the record that your mail provider gives you for {domain}, and let it sign."
    return DnsFinding(False, "DKIM", said)


def _dmarc(domain: str, policies: Sequence[str]) -> DnsFinding:
    if not policies:
        said = (
            f"Nothing says what is to be done with mail that only seems to come from {domain}. Add a TXT record at "
            f"_dmarc.{domain}: v=DMARC1; p=quarantine, and p=reject once all that you send yourselves arrives."
        )
        return DnsFinding(False, "DMARC", said)
    if len(policies) > 1:
        said = f"{domain} has {len(policies)} TXT records with v=DMARC1, so none counts: leave one."
        return DnsFinding(False, "DMARC", said)
    policy = _tags(policies[0]).get("p", "").lower()
    if policy not in ("quarantine", "reject"):
        said = (
            f"Mail that only seems to come from {domain} is let through: write p=quarantine in the TXT record with "
            "v=DMARC1, and p=reject once all that you send yourselves arrives."
        )
        return DnsFinding(False, "DMARC", said)
    said = f"p={policy}; envelope and From are one address, so what SPF or DKIM lets in is aligned"
    return DnsFinding(True, "DMARC", said)


def _tags(text: str) -> dict[str, str]:
    """As DKIM and DMARC write them: `v=DMARC1; p=none`."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}
