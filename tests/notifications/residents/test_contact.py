"""Telephone numbers, as people write them and as an SMS reaches somebody."""

import pytest
from buurtthuis_notifications.api.contact import Mobile
from pydantic import TypeAdapter, ValidationError

MOBILE = TypeAdapter(Mobile)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("06 12345678", "+31612345678"),
        ("+31 (0)6 1234 5678", "+31612345678"),
        ("\u200e+31\u00a06\u00a012345678", "+31612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "+31612345678"),
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
