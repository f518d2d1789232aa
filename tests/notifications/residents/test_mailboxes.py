"""What one mailbox is, however it is written."""

import pytest
from buurtthuis_notifications.api.codes import AddressBody
from buurtthuis_notifications.domain.allowances import mailbox

SPELLINGS = (
    "jan.jansen@gmail.com",
    "janjansen@gmail.com",
    "Jan.Jansen@GMail.com",
    "j.a.n.jansen+buurt@gmail.com",
    "janjansen+1@googlemail.com",
    "JANJANSEN+2+3@GOOGLEMAIL.COM",
)


def known_as(email: str) -> str:
    return AddressBody(email=email, mobile=None).mailbox


def test_all_spellings_that_lead_to_one_mailbox_are_one() -> None:
    assert {known_as(one) for one in SPELLINGS} == {"janjansen@gmail.com"}


def test_a_tag_makes_no_other_mailbox_anywhere() -> None:
    assert known_as("fatma+buurt@voorbeeld.nl") == known_as("fatma@voorbeeld.nl")


def test_dots_make_another_mailbox_where_nobody_said_that_they_do_not() -> None:
    assert known_as("f.atma@voorbeeld.nl") != known_as("fatma@voorbeeld.nl")


def test_two_domains_are_two_however_alike() -> None:
    assert known_as("fatma@straße.de") != known_as("fatma@strasse.de")


def test_an_address_is_kept_as_it_was_written_but_for_capitals() -> None:
    written = AddressBody(email="Fatma.K+Buurt@Straße.de", mobile=None)
    assert written.email == "fatma.k+buurt@straße.de"


@pytest.mark.parametrize("address", ["+@voorbeeld.nl", "...@gmail.com"])
def test_nothing_is_left_over_of_no_mailbox(address: str) -> None:
    assert mailbox(address).partition("@")[0]


def test_a_number_is_the_same_however_it_is_written() -> None:
    spellings = ("06 12345678", "+31612345678", "0031 6 1234 5678")
    assert len({AddressBody(email=None, mobile=one).mailbox for one in spellings}) == 1
