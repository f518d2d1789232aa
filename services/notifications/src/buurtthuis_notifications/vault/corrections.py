"""What is kept of a resident before it is corrected, sealed as a whole, and how it is put back."""

import orjson
from buurtthuis.core.corporations import Corporation

from buurtthuis_notifications.commands.corrections import Corrected
from buurtthuis_notifications.domain.addresses import KNOWN_TO_STAFF, AddressKind
from buurtthuis_notifications.domain.residents import Purpose, ReadingLevel, Resident, reads
from buurtthuis_notifications.texts.consents import consent
from buurtthuis_notifications.vault import Vault
from buurtthuis_notifications.vault.addresses import seal_address


def seal_as_it_is(vault: Vault, resident: Resident) -> bytes:
    """All that can be corrected."""
    before = {
        "language": resident.language,
        "level": resident.level,
        "called": vault.open(resident.called) if resident.called else None,
        "addresses": [
            (address.kind, vault.open(address.secret))
            for address in resident.addresses
            if address.kind in KNOWN_TO_STAFF
        ],
        "agreed": [purpose for purpose in Purpose if resident.agrees(purpose)],
    }
    return vault.seal(orjson.dumps(before).decode())


def open_as_it_was(vault: Vault, before: bytes, corporation: Corporation) -> Corrected:
    """As a correction that makes it so again; what was agreed to is so in our words of now."""
    was = orjson.loads(vault.open(before))
    language, level = was["language"], ReadingLevel(was["level"])
    kinds = {AddressKind(kind): words for kind, words in was["addresses"]}
    return Corrected(
        (language, level),
        vault.seal(was["called"]) if was["called"] else None,
        tuple(seal_address(vault, kind, words) for kind, words in kinds.items()),
        tuple(kind for kind in KNOWN_TO_STAFF if kind not in kinds),
        tuple(
            consent(Purpose(purpose), reads(language, level), corporation)
            for purpose in dict.fromkeys(was["agreed"])
        ),
        shared=True,
    )
