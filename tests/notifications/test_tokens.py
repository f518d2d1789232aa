"""Links that need no signing in: what they tell to whoever reads them, and what they are good for."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.vault import Vault, new_key
from buurtthuis_notifications.vault.tokens import NoToken, seen, to_see, to_unsubscribe, unsubscribed

OLD, NEW = new_key(), new_key()
VAULT = Vault([NEW])
FATIMA = uuid4()
IDEAS = FATIMA, Topic.IDEAS, DeliveryChannel.SMS


def test_a_link_that_unsubscribes_says_who_what_and_by_which_road() -> None:
    assert unsubscribed(VAULT, to_unsubscribe(VAULT, *IDEAS)) == IDEAS


def test_nobody_reads_in_it_whose_it_is() -> None:
    token = to_unsubscribe(VAULT, *IDEAS)
    assert FATIMA.bytes not in urlsafe_b64decode(token + "==")
    assert str(FATIMA) not in token


def test_two_links_of_one_resident_have_nothing_in_common_that_tells_so() -> None:
    first, second = (to_unsubscribe(VAULT, *IDEAS) for _ in range(2))
    assert first[40:] != second[40:]


def test_a_link_still_works_after_the_key_was_changed() -> None:
    assert unsubscribed(Vault([NEW, OLD]), to_unsubscribe(Vault([OLD]), *IDEAS)) == IDEAS


def test_a_link_as_it_was_made_before_still_works() -> None:
    words = (
        b"u"
        + FATIMA.bytes
        + bytes((list(Topic).index(Topic.IDEAS), list(DeliveryChannel).index(DeliveryChannel.SMS)))
    )
    token = urlsafe_b64encode(words + VAULT.digest(words.hex())[:16]).rstrip(b"=").decode()
    assert unsubscribed(VAULT, token) == IDEAS


@pytest.mark.parametrize("token", ["x" * 40, "x" * 41, "é" * 40, "gAAAAA" + "x" * 114])
def test_what_nobody_made_is_no_link(token: str) -> None:
    for read in (seen, unsubscribed):
        with pytest.raises(NoToken):
            read(VAULT, token)


def test_a_link_is_good_for_one_thing() -> None:
    with pytest.raises(NoToken):
        unsubscribed(VAULT, to_see(VAULT, uuid4()))
    with pytest.raises(NoToken):
        seen(VAULT, to_unsubscribe(VAULT, *IDEAS))


def test_what_is_sealed_for_something_else_unsubscribes_nobody() -> None:
    with pytest.raises(NoToken):
        unsubscribed(VAULT, VAULT.seal("mw.devries@voorbeeld.nl").decode())


def test_what_was_read_is_known_by_its_link() -> None:
    message = UUID(int=7)
    assert seen(VAULT, to_see(VAULT, message)) == message
