"""Telephone numbers, as people write them and as an SMS reaches somebody."""

import pytest
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis_notifications.api.contact import Mobile, Telephone
from buurtthuis_notifications.domain.addresses import AddressKind, roads_to
from pydantic import TypeAdapter, ValidationError

MOBILE = TypeAdapter(Mobile)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("06 12345678", "+31612345678"),
        ("+31 (0)6 1234 5678", "+31612345678"),
        ("\u200e+31\u00a06\u00a012345678", "+31612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "+31612345678"),
        ("۰۶ ۱۲۳۴۵۶۷۸", "+31612345678"),
        ("(0)6 12345678", "+31612345678"),
        ("+31\u00a0(0)6\u00a012345678", "+31612345678"),
        ("0031 6-1234-5678", "+31612345678"),
        ("+31 6 12345678\u202c", "+31612345678"),
        *(
            (f"{one}+31 6 12345678{end}", "+31612345678")
            for one in "\u202a\u202b\u202d\u202e"
            for end in "\u202c\u200e"
        ),
        *((f"{one}+31 6 12345678\u2069\u200f", "+31612345678") for one in "\u2066\u2067\u2068"),
        ("+90 532 123 45 67", "+905321234567"),
        ("+1 202 555 0143", "+12025550143"),
    ],
)
def test_a_mobile_number_is_kept_in_one_way_however_it_is_written(written: str, kept: str) -> None:
    assert MOBILE.validate_python(written) == kept


@pytest.mark.parametrize(
    "written",
    ["0182 612345", "0900 1234567", "0800 1234", "088 1234567", "+882 16 12345678", "+8816 31234567"],
)
def test_a_number_that_takes_no_sms_or_costs_the_sender_dearly_is_no_mobile_number(written: str) -> None:
    with pytest.raises(ValidationError, match="This is not a mobile number, such as 06 12345678"):
        MOBILE.validate_python(written)


TELEPHONE = TypeAdapter(Telephone)


@pytest.mark.parametrize("written", ["0182 612345", "+31 (0)182-612345", "06 12345678", "085 1234567"])
def test_somebody_can_be_called_at_any_number_of_people(written: str) -> None:
    assert TELEPHONE.validate_python(written).startswith("+31")


@pytest.mark.parametrize("written", ["0900 1234567", "0800 1234", "+882 16 12345678", "112"])
def test_a_number_that_is_of_no_person_or_costs_the_caller_dearly_is_no_telephone(written: str) -> None:
    with pytest.raises(ValidationError, match=r"0182 123456|no such telephone number"):
        TELEPHONE.validate_python(written)


@pytest.mark.parametrize("kind", list(AddressKind))
def test_an_sms_goes_to_a_mobile_number_alone_and_a_visit_to_who_agreed(kind: AddressKind) -> None:
    assert (DeliveryChannel.SMS in roads_to([kind], visits=True)) is (kind is AddressKind.MOBILE)
    assert DeliveryChannel.VISIT not in roads_to([kind], visits=False)
    assert roads_to([kind], visits=False)  # no kind of address is kept for nothing
