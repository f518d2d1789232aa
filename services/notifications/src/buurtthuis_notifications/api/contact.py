"""Contact data as people write it, and as the vault takes it: the same address is always the same words."""

from typing import Annotated, Any

import orjson
import phonenumbers
from buurtthuis.http.models import KEYED, NAME, ONE_LINE, TYPED, Body, Part, Written
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, HttpUrl, StringConstraints

from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.vault import Vault
from buurtthuis_notifications.vault.addresses import seal_address

COUNTRY = "NL"
#: Where an SMS arrives. In some countries nobody can tell a mobile from a landline by its number.
TAKES_SMS = frozenset(
    {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
)
#: Where somebody can be called without paying dearly.
TAKES_CALLS = TAKES_SMS | {
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.VOIP,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
}
#: Numbers of no country: satellites and services, for which the sender pays dearly.
NO_COUNTRY = "001"


def _email(written: str) -> str:
    try:
        return validate_email(written, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("This is not an e-mail address, such as naam@voorbeeld.nl") from None


def _mobile(written: str) -> str:
    return _number(written, TAKES_SMS, "a mobile number, such as 06 12345678")


def _telephone(written: str) -> str:
    return _number(written, TAKES_CALLS, "a number where people are called, such as 0182 123456")


def _number(written: str, takes: frozenset[int], what: str) -> str:
    try:
        number = phonenumbers.parse(written, COUNTRY)
    except phonenumbers.NumberParseException:
        raise ValueError("This is not a telephone number, such as 06 12345678") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("There is no such telephone number")
    of_no_country = phonenumbers.region_code_for_number(number) == NO_COUNTRY
    if of_no_country or phonenumbers.number_type(number) not in takes:
        raise ValueError(f"This is not {what}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email), TYPED]
Mobile = Annotated[str, StringConstraints(max_length=40), AfterValidator(_mobile), TYPED]
Telephone = Annotated[str, StringConstraints(max_length=40), AfterValidator(_telephone), TYPED]
Postcode = Annotated[
    str, Written(r"^[1-9][0-9]{3} ?[A-Za-z]{2}$", "This is not a postcode, such as 2742 ZX"), KEYED
]
DoorLine = Annotated[str, StringConstraints(min_length=1, max_length=100), ONE_LINE, NAME]


class Door(Body):
    """Where somebody lives, for letters and visits."""

    name: DoorLine | None = Field(
        None, examples=["Mw. De Vries"], description="As it is on the door; may be left out."
    )
    street: DoorLine = Field(examples=["Wingerd"])
    number: DoorLine = Field(examples=["12-A"])
    postcode: Postcode = Field(examples=["2742 ZX"])
    town: DoorLine = Field(examples=["Waddinxveen"])


class NeighbourPhone(Body):
    """Somebody else's telephone, with their consent: whoever calls says no more than that a resident is asked to call back."""

    name: DoorLine = Field(examples=["Jan van 14"])
    telephone: Telephone = Field(examples=["0182 123456"])


class Keys(Part):
    """The keys of a browser that shows messages (RFC 8291)."""

    p256dh: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{86,88}=?$")]
    auth: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{21,24}={0,2}$")]


class Subscription(Body):
    """A browser's push subscription, as `PushSubscription.toJSON()` gives it (W3C Push API)."""

    endpoint: Annotated[HttpUrl, Field(examples=["https://push.example.org/send/abc"])]
    keys: Keys = Field(
        examples=[
            {
                "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                "auth": "BTBZMqHH6r4Tts7J_aSIgg",
            }
        ]
    )
    expiration_time: float | None = Field(None, alias="expirationTime")


def email(vault: Vault, written: str) -> SealedAddress:
    return seal_address(vault, AddressKind.EMAIL, written)


def mobile(vault: Vault, written: str) -> SealedAddress:
    return seal_address(vault, AddressKind.MOBILE, written)


def door(vault: Vault, written: Door) -> SealedAddress:
    return seal_address(vault, AddressKind.DOOR, _words(written.model_dump(mode="json")))


def telephone(vault: Vault, written: str) -> SealedAddress:
    return seal_address(vault, AddressKind.TELEPHONE, written)


def neighbour(vault: Vault, written: NeighbourPhone) -> SealedAddress:
    return seal_address(vault, AddressKind.NEIGHBOUR, _words(written.model_dump(mode="json")))


def push(vault: Vault, written: Subscription) -> SealedAddress:
    """A browser, sealed; the same browser with other keys is the same address."""
    return seal_address(
        vault, AddressKind.PUSH, _words(written.model_dump(mode="json", include={"endpoint", "keys"}))
    )


def _words(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
