"""What a server has against us, and not against the address."""

from typing import Any

import pytest
from buurtthuis_notifications.channels import AgainstUs

from tests.notifications.channels.messages import a_message
from tests.notifications.post import Mailbox, over_smtp, smtp_server


class KnowsUsNot(Mailbox):
    """Takes nothing from us."""

    async def handle_MAIL(self, *_: Any) -> str:  # noqa: N802
        return "550 5.7.1 we do not know this sender"


class Strict(Mailbox):
    """Takes nothing that reads like this."""

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802
        return "554 5.7.1 looks like spam"


@pytest.mark.parametrize("mailbox", [KnowsUsNot(), Strict()])
async def test_an_address_is_not_bad_for_what_a_server_has_against_us(mailbox: Mailbox) -> None:
    async with smtp_server(mailbox) as url:
        road = over_smtp(url)
        with pytest.raises(AgainstUs):
            await road.send(a_message("jan@voorbeeld.nl"))
        await road.close()
