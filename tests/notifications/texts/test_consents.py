"""What people can agree to: whole in every language, and known by its version."""

from hashlib import sha256

import pytest
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.texts.consents import WORDINGS, consent, wordings

from tests.notifications.texts.corporations import LANGUAGES, corporation

#: By version. Whoever changes a wording raises its version, and adds a line here: nobody agreed to the new one yet.
AGREED_TO = {
    ("messages", 1): "4c94d3d6d09dfa3e",
    ("visits", 1): "cf42284730fafc5c",
}


@pytest.mark.parametrize("purpose", Purpose)
def test_every_consent_has_its_words_in_every_language(purpose: Purpose) -> None:
    assert set(WORDINGS[purpose]) - {"version"} == set(LANGUAGES)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_wording_is_never_changed_under_the_version_that_people_agreed_to(purpose: Purpose) -> None:
    kept = WORDINGS[purpose]
    words = "\n".join(kept[tag] for tag in sorted(LANGUAGES))
    assert sha256(words.encode()).hexdigest()[:16] == AGREED_TO[purpose, kept["version"]]


@pytest.mark.parametrize("purpose", Purpose)
def test_a_wording_says_whose_it_is(purpose: Purpose) -> None:
    woonpartners = corporation()
    assert all(woonpartners.name in one for one in wordings(purpose, woonpartners).values())


def test_who_reads_what_we_do_not_write_agrees_to_plain_dutch() -> None:
    agreed = consent(Purpose.VISITS, "so", corporation())
    assert (agreed.language, agreed.version) == ("nl-x-b1", 1)
    assert agreed.wording.startswith("Iemand van")
