"""The addresses of a house: what a list of them is, and what another one says anew."""

from dataclasses import replace
from uuid import uuid4

import pytest
from buurtthuis_surveys.domain.addresses import (
    AboutPeople,
    Address,
    Listed,
    check_names_nobody,
    differences,
)

HOUSE = uuid4()


def at(number: int, addition: str = "", **more: object) -> Listed:
    return replace(Listed("Wingerd", number, addition, "2741 AB", "Waddinxveen"), **more)  # type: ignore[arg-type]


def known(*listed: Listed) -> dict[object, Listed]:
    return {Address.id_of(HOUSE, address): address for address in listed}


@pytest.mark.parametrize(
    ("addition", "line"),
    [
        ("", "Wingerd 12"),
        ("A", "Wingerd 12A"),
        ("A-2", "Wingerd 12A-2"),
        ("2", "Wingerd 12-2"),
        ("bis", "Wingerd 12-bis"),
    ],
)
def test_an_address_reads_as_on_an_envelope(addition: str, line: str) -> None:
    assert at(12, addition).line == line


def test_the_caretaker_walks_in_the_order_of_numbers_and_not_of_letters() -> None:
    walked = [at(2), at(10, "A"), at(10, "B"), at(12, "2"), at(12, "10"), at(1, postcode="2741 AC")]
    assert sorted([*walked[3:], *walked[:3]], key=lambda address: address.on_the_way) == walked


def test_a_place_in_the_walk_comes_before_all_else() -> None:
    first, second = at(90, walk=1), at(2)
    assert sorted([second, first], key=lambda address: address.on_the_way) == [first, second]


def test_another_list_says_what_is_added_what_reads_otherwise_and_what_is_gone() -> None:
    there = known(at(2), at(4), at(6))
    found = differences(HOUSE, there, [at(4), at(6, language="ar"), at(8)], whole=True)  # type: ignore[arg-type]
    assert (found.added, found.changed, found.same, found.all) == ((at(8),), (at(6, language="ar"),), 1, 3)
    assert found.gone == (Address.id_of(HOUSE, at(2)),)


def test_of_a_list_of_which_a_row_is_wrong_nothing_is_gone() -> None:
    found = differences(HOUSE, known(at(2), at(4)), [at(4)], whole=False)  # type: ignore[arg-type]
    assert (found.gone, found.same, found.all, bool(found)) == ((), 2, 2, False)


def test_an_address_that_comes_back_is_the_one_that_it_was() -> None:
    """So a wrong list in between makes no second letter of one household."""
    assert Address.id_of(HOUSE, at(12, "a")) == Address.id_of(HOUSE, at(12, "A", street="De Wingerd"))
    assert Address.id_of(HOUSE, at(12)) != Address.id_of(uuid4(), at(12))


@pytest.mark.parametrize(
    "column",
    [
        "naam",
        "Achternaam",
        "huurder",
        "Huurder 1",
        "naam bewoner"[:4],
        "e-mail",
        "Telefoon",
        "BSN",
        "contactpersoon",
        "tenant",
    ],
)
def test_a_column_about_people_is_refused_by_its_name(column: str) -> None:
    with pytest.raises(AboutPeople, match=column):
        check_names_nobody(["street", column])


def test_columns_about_places_are_not_taken_for_people() -> None:
    check_names_nobody(
        ["straatnaam", "woonplaatsnaam", "complexnaam", "street", "number", "id", "bag_id", "entrance"]
    )
