"""What is taken over HTTP and what is not, without a server."""

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.http.problem_json import place_of
from buurtthuis_notifications.api.webhooks import RegisterWebhookBody
from pydantic import ValidationError

TYPE = "nl.buurtthuis.sessions.house-opened.v1"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://printer.local/x",
        "http://systeem.example.nl",
        "https://ann:word@systeem.example.nl",
        "https://systeem.example.nl:99999",
        "https://systeem.example.nl/#x",
        "https://systeem.example.nl/a b",
        "https://",
    ],
)
def test_an_address_that_cannot_be_is_refused_by_name(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RegisterWebhookBody(url=url, types=(TYPE,))
    assert refused.value.errors()[0]["loc"] == ("url",)


@pytest.mark.parametrize("url", ["https://systeem.example.nl", "https://93.184.215.14:8443/x?y=1"])
def test_an_address_on_the_internet_is_taken_as_it_is_written(url: str) -> None:
    assert RegisterWebhookBody(url=url, types=(TYPE,)).url == url


def test_a_type_that_nobody_is_told_of_is_refused_by_its_place() -> None:
    body = RegisterWebhookBody(url="https://systeem.example.nl", types=(TYPE, "nl.buurtthuis.x.y.v1"))
    with pytest.raises(Invalid) as refused:
        body.check((TYPE,))
    assert place_of(refused.value) == "/types/1"
