"""What others can see of the domain that e-mail comes from, of a real DNS server."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from buurtthuis_notifications.channels.email import MailServer
from buurtthuis_notifications.channels.mail_domains import DnsFinding, NoDns, examine_domain
from dns.asyncresolver import Resolver

DOMAIN = "post.woonpartners.example.nl"
KEY = f"bt._domainkey.{DOMAIN}"
GOOD = {
    DOMAIN: ["google-site-verification=1", "v=spf1 include:_spf.mail.example.nl -all"],
    KEY: ["v=DKIM1; k=rsa; p=MIGf"],
    f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject"],
}


class Zone(asyncio.DatagramProtocol):
    """Answers with these texts; with none of them, that there is no such name; without any, that it cannot say."""

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self.texts = texts

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """See asyncio."""
        asked = dns.message.from_wire(data)
        answer = dns.message.make_response(asked, recursion_available=True)
        name = asked.question[0].name
        found = self.texts.get(name.to_text(omit_final_dot=True))
        if found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN if self.texts else dns.rcode.SERVFAIL)
        else:
            parts = [
                " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200)) for text in found
            ]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *parts))
        self.transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def dns_server(texts: Mapping[str, Sequence[str]]) -> AsyncIterator[Resolver]:
    """What asks it, while it runs."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Zone(texts), ("127.0.0.1", 0))
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
    try:
        yield resolver
    finally:
        transport.close()


async def seen(texts: Mapping[str, Sequence[str]], selector: str | None = "bt") -> dict[str, DnsFinding]:
    async with dns_server(texts) as resolver:
        return {found.what: found for found in await examine_domain(DOMAIN, selector, resolver)}


def but(name: str, *texts: str) -> dict[str, Sequence[str]]:
    """As it should be, but for what is at one name."""
    return {**GOOD, name: texts} if texts else {other: GOOD[other] for other in GOOD if other != name}


async def test_a_domain_that_says_all_is_well() -> None:
    found = await seen(GOOD)
    assert {what: each.well for what, each in found.items()} == {"SPF": True, "DKIM": True, "DMARC": True}


@pytest.mark.parametrize(
    ("texts", "what", "said"),
    [
        (but(DOMAIN), "SPF", f"Add a TXT record at {DOMAIN}"),
        (but(DOMAIN, "v=spf10 -all"), "SPF", "Add a TXT record"),
        (but(DOMAIN, "v=spf1 a -all", "v=spf1 mx -all"), "SPF", "make them one"),
        (but(DOMAIN, "v=spf1 +all"), "SPF", "lets anybody send"),
        (but(KEY), "DKIM", f"There is no key: {KEY}"),
        (but(KEY, "v=DKIM1; p="), "DKIM", "taken back"),
        (but(f"_dmarc.{DOMAIN}"), "DMARC", f"_dmarc.{DOMAIN}"),
        (but(f"_dmarc.{DOMAIN}", "v=DMARC1; p=none"), "DMARC", "p=quarantine"),
        (but(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject", "v=DMARC1; p=none"), "DMARC", "leave one"),
    ],
)
async def test_what_is_not_as_it_should_be_says_what_to_do(
    texts: Mapping[str, Sequence[str]], what: str, said: str
) -> None:
    found = await seen(texts)
    assert [name for name, each in found.items() if not each.well] == [what]
    assert said in found[what].said


async def test_without_a_selector_it_is_said_where_to_get_it() -> None:
    found = (await seen(GOOD, None))["DKIM"]
    assert not found.well
    assert "dkim_selector" in found.said


async def test_a_key_that_is_longer_than_one_string_is_read_whole() -> None:
    assert (await seen(but(KEY, f"v=DKIM1; h={'x' * 300}; p=MIGf")))["DKIM"].well


async def test_the_policy_of_the_domain_above_counts_where_it_has_none_of_its_own() -> None:
    texts = but(f"_dmarc.{DOMAIN}") | {"_dmarc.woonpartners.example.nl": ["v=DMARC1; p=reject"]}
    assert (await seen(texts))["DMARC"].well


async def test_where_dns_does_not_answer_that_is_said() -> None:
    async with dns_server({}) as resolver:
        with pytest.raises(NoDns):
            await examine_domain(DOMAIN, "bt", resolver)


async def test_a_name_that_is_none_of_the_internet_is_not_looked_up() -> None:
    [found] = await examine_domain("localhost", None)
    assert not found.well


@pytest.mark.parametrize(
    ("url", "overheard"),
    [
        ("smtp://mail.example.nl", True),
        ("smtp+starttls://mail.example.nl", False),
        ("smtps://mail.example.nl", False),
        ("smtp://127.0.0.1:25", False),
    ],
)
def test_a_server_elsewhere_without_tls_is_overheard(url: str, overheard: bool) -> None:
    assert MailServer(url).is_overheard is overheard
