"""What people can agree to: whole in every language, and known by its version."""

from hashlib import sha256

import pytest
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.texts.consents import WORDINGS, consent, wordings

from tests.notifications.texts.corporations import LANGUAGES, corporation

#: By version and language. Whoever changes a wording raises its version: nobody agreed to the new one yet.
AGREED_TO = {
    ("messages", 1): {
        "nl": "5104e3af7e728cdf",
        "nl-x-b1": "68fdfd1f04d516a7",
        "en": "b6c7a77a2973e9c5",
        "ar": "f000bf636be98366",
        "tr": "9c2df200a68d64f5",
        "pl": "e9ad67b44e206e4e",
        "uk": "437cc3e0f8b6d47b",
    },
    ("visits", 1): {
        "nl": "e4d167e6b78d05e9",
        "nl-x-b1": "4696a4834456f6ea",
        "en": "b6781cb5ce28ea05",
        "ar": "7bb5ae0e6b659e00",
        "tr": "ece23e16f9da11ae",
        "pl": "13d973bd6a9fa79d",
        "uk": "b0ae5fb9c9573e76",
    },
}


@pytest.mark.parametrize("purpose", Purpose)
def test_every_consent_has_its_words_in_every_language(purpose: Purpose) -> None:
    assert set(WORDINGS[purpose]) - {"version"} == set(LANGUAGES)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_wording_is_never_changed_under_the_version_that_people_agreed_to(purpose: Purpose) -> None:
    kept = WORDINGS[purpose]
    digests = {tag: sha256(kept[tag].encode()).hexdigest()[:16] for tag in LANGUAGES}
    assert digests == AGREED_TO[purpose, kept["version"]]


@pytest.mark.parametrize("purpose", Purpose)
def test_a_wording_says_whose_it_is(purpose: Purpose) -> None:
    woonpartners = corporation()
    assert all(woonpartners.name in one for one in wordings(purpose, woonpartners).values())


def test_who_reads_what_we_do_not_write_agrees_to_plain_dutch() -> None:
    agreed = consent(Purpose.VISITS, "so", corporation())
    assert (agreed.language, agreed.version) == ("nl-x-b1", 1)
    assert agreed.wording.startswith("Iemand van")
