"""What a request pays to know who is asking: verifying a token each time against remembering it for a minute."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

import httpx
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.identity.verifier import Verifier
from joserfc.jwk import OKPKey
from rich.console import Console
from rich.table import Table

TOKENS = 5_000

WOONPARTNERS = Corporation(
    slug="woonpartners",
    name="Woonpartners",
    kvk="90000011",
    languages=("nl",),
    time_zone="Europe/Amsterdam",
)


async def microseconds_each(verify: Callable[[str], Awaitable[object]], tokens: list[str]) -> float:
    started = perf_counter()
    for token in tokens:
        await verify(token)
    return (perf_counter() - started) / len(tokens) * 1e6


async def main() -> None:
    local = LocalIssuer(OKPKey.generate_key("Ed25519"))
    tokens = [local.issue("woonpartners", [Role.STAFF]) for _ in range(TOKENS)]
    async with httpx.AsyncClient() as http:
        verify = Verifier(Corporations([WOONPARTNERS]), local, http).verify
        verified = await microseconds_each(verify, tokens)
        remembered = await microseconds_each(verify, tokens)
    table = Table("what", "µs each", "ratio", title=f"{TOKENS} Ed25519 tokens, one process, no network")
    table.add_row("verified", f"{verified:.1f}", "1")
    table.add_row("remembered", f"{remembered:.1f}", f"{verified / remembered:.0f} x less")
    Console().print(table)


asyncio.run(main())
