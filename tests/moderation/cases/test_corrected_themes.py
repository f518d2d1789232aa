"""An idea that staff typed in wrongly and put right reads so wherever it is known, and is looked at once more."""

from uuid import uuid4

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.testing import FakeBackbone
from buurtthuis_moderation import app as moderation
from buurtthuis_moderation.domain.cases import Case
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_notifications import app as notifications
from buurtthuis_notifications.domain.known import KnownTheme
from buurtthuis_surveys import app as surveys
from buurtthuis_surveys.commands.themes import CorrectTheme, ProposeTheme
from buurtthuis_surveys.domain.themes import Proposer


async def test_what_is_put_right_reads_so_everywhere_and_its_checks_are_asked_again() -> None:
    backbone = FakeBackbone(surveys.service, moderation.service, notifications.service)
    typed = ProposeTheme(uuid4(), "Kofie", Proposer(Actor(ActorKind.STAFF, uuid4())), IntakeChannel.PAPER)
    theme = (await backbone.run("surveys", typed)).id
    await backbone.settled()
    assert await backbone.kept("moderation", Case) == []
    await backbone.run("surveys", CorrectTheme(theme, "Bel Fatma op 06-12345678", IntakeChannel.DOOR))
    await backbone.settled()
    assert [one.text for one in await backbone.kept("moderation", Content)] == ["Bel Fatma op 06-12345678"]
    assert [one.title for one in await backbone.kept("notifications", KnownTheme)] == [
        "Bel Fatma op 06-12345678"
    ]
    assert [one.content_id for one in await backbone.kept("moderation", Case)] == [theme]
    await backbone.run("surveys", CorrectTheme(theme, "Koffie", IntakeChannel.DOOR))
    await backbone.settled()
    assert [one.text for one in await backbone.kept("moderation", Content)] == ["Koffie"]
    assert "Fatma" not in str([one.data for one in await backbone.journal("surveys")])
