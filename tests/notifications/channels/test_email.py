"""E-mail, to a real SMTP server."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default

import pytest
from buurtthuis.core.settings import SettingsError
from buurtthuis.events.notifications import FailureReason
from buurtthuis_notifications.channels import AgainstUs, TryLater, Undeliverable
from buurtthuis_notifications.channels.email import EmailRoad, MailServer, Names, compose
from buurtthuis_notifications.domain.rules import Urgency
from buurtthuis_notifications.rendering.outgoing import Invitation
from buurtthuis_notifications.texts import one_line
from hypothesis import given
from hypothesis import strategies as st

from tests.notifications.channels.messages import CANARY, a_message, a_text
from tests.notifications.post import SENDER, Mailbox, over_smtp, smtp_server
from tests.people import AS_TYPED

TO = "fatma@example.nl"
CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:Кава\r\nEND:VCALENDAR\r\n".encode()
LINK = "https://buurtthuis.example.nl/unsubscriptions/abc"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def road(mailbox: Mailbox) -> AsyncIterator[EmailRoad]:
    async with smtp_server(mailbox) as url:
        found = over_smtp(url)
        yield found
        await found.close()


async def test_a_message_arrives_as_text_and_as_html(mailbox: Mailbox, road: EmailRoad) -> None:
    await road.send(a_message(TO))
    [letter] = mailbox.to(TO)
    kinds = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html"]


async def test_what_is_sent_again_has_the_same_name(mailbox: Mailbox, road: EmailRoad) -> None:
    message = a_message(TO)
    await road.send(message)
    await road.send(message)
    assert len({letter["Message-ID"] for letter in mailbox.to(TO)}) == 1


async def test_one_click_unsubscribes(mailbox: Mailbox, road: EmailRoad) -> None:
    await road.send(a_message(TO, unsubscribe=LINK))
    [letter] = mailbox.to(TO)
    found = (letter["List-Unsubscribe"], letter["List-Unsubscribe-Post"])
    assert found == (f"<{LINK}>", "List-Unsubscribe=One-Click")


async def test_one_click_is_not_offered_over_http(mailbox: Mailbox, road: EmailRoad) -> None:
    """RFC 8058, 3.1. The link and its page are there all the same."""
    link = LINK.replace("https://", "http://")
    await road.send(a_message(TO, unsubscribe=link))
    [letter] = mailbox.to(TO)
    assert (letter["List-Unsubscribe"], letter["List-Unsubscribe-Post"]) == (f"<{link}>", None)


async def test_an_invitation_goes_along(mailbox: Mailbox, road: EmailRoad) -> None:
    await road.send(a_message(TO, calendar=Invitation("CANCEL", CALENDAR)))
    [part] = mailbox.to(TO)[0].iter_attachments()
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", "invite.ics")
    assert (part.get_content_charset(), part.get_param("method")) == ("utf-8", "CANCEL")  # RFC 6047, 2.4
    assert part.get_payload(decode=True) == CALENDAR


async def test_other_scripts_arrive_whole(mailbox: Mailbox, road: EmailRoad) -> None:
    await road.send(a_message(TO, a_text("أُلغي اللقاء", "Зустріч скасовано")))
    assert mailbox.subjects(TO) == ["❌ أُلغي اللقاء"]


async def test_letters_that_nobody_sees_arrive_where_they_belong(mailbox: Mailbox, road: EmailRoad) -> None:
    for text in AS_TYPED:
        await road.send(a_message(TO, a_text(text, f"{text} {text}")))
    assert mailbox.subjects(TO) == [f"❌ {text}" for text in AS_TYPED]
    bodies = [letter.get_body(("plain",)).get_content() for letter in mailbox.to(TO)]  # type: ignore[union-attr]
    assert all(f"{text} {text}" in body for text, body in zip(AS_TYPED, bodies, strict=True))


async def test_an_address_in_another_script_is_reached(mailbox: Mailbox, road: EmailRoad) -> None:
    await road.send(a_message("żaneta@example.nl"))
    assert [to for to, _ in mailbox.taken] == ["żaneta@example.nl"]


@pytest.mark.parametrize(
    "answer", ["550 no such user", "551 not local", "553 not allowed", "550 5.1.1 unknown"]
)
async def test_an_address_that_is_refused_for_good_is_left(
    mailbox: Mailbox, road: EmailRoad, answer: str
) -> None:
    mailbox.refuse = lambda _: answer
    with pytest.raises(Undeliverable) as failed:
        await road.send(a_message(TO))
    assert failed.value.reason is FailureReason.REFUSED


@pytest.mark.parametrize(
    "answer",
    ["450 busy", "451 greylisted", "421 going down", "552 full", "552 5.2.2 full", "550 5.4.1 denied"],
)
async def test_what_is_not_about_the_address_is_tried_later(
    mailbox: Mailbox, road: EmailRoad, answer: str
) -> None:
    mailbox.refuse = lambda _: answer
    with pytest.raises(TryLater):
        await road.send(a_message(TO))


@pytest.mark.parametrize(
    "answer",
    [
        "530 sign in first",
        "550 5.7.1 see https://www.spamhaus.org",
        "550 5.7.26 DMARC",
        "554 Relay access denied",
    ],
)
async def test_what_a_server_has_against_us_is_no_address_s_fault(
    mailbox: Mailbox, road: EmailRoad, answer: str
) -> None:
    mailbox.refuse = lambda _: answer
    with pytest.raises(AgainstUs) as refusal:
        await road.send(a_message(TO))
    assert "spamhaus" not in str(refusal.value)


async def test_once_several_domains_find_that_a_server_refuses_us_no_others_do(
    mailbox: Mailbox, road: EmailRoad
) -> None:
    asked: list[str] = []

    def refuse(to: str) -> str:
        asked.append(to)
        return "550 5.7.1 blocked"

    mailbox.refuse = refuse
    for number in range(20):
        with pytest.raises(TryLater):
            await road.send(a_message(f"bewoner@{number}.example.nl", urgency=Urgency.NORMAL))
    assert len(asked) == 5
    with pytest.raises(AgainstUs):
        await road.send(a_message("bewoner@6.example.nl", urgency=Urgency.CRITICAL))
    assert len(asked) == 6


async def test_a_connection_that_the_server_ended_meanwhile_is_not_used(
    mailbox: Mailbox, road: EmailRoad
) -> None:
    await road.send(a_message(TO))
    [kept] = road.server._open
    kept.close()
    await road.send(a_message(TO))
    assert len(mailbox.taken) == 2


async def test_a_server_is_looked_at_without_a_letter(mailbox: Mailbox, road: EmailRoad) -> None:
    assert await road.check() == "127.0.0.1"
    assert mailbox.taken == []


async def test_after_a_refusal_the_next_one_arrives(mailbox: Mailbox, road: EmailRoad) -> None:
    mailbox.refuse = lambda to: "550 no such user" if to == "gone@example.nl" else None
    with pytest.raises(Undeliverable):
        await road.send(a_message("gone@example.nl"))
    await road.send(a_message(TO))
    assert [to for to, _ in mailbox.taken] == [TO]


async def test_a_refusal_quotes_neither_the_address_nor_the_server(mailbox: Mailbox, road: EmailRoad) -> None:
    mailbox.refuse = lambda to: f"550 {to} is unknown"
    with pytest.raises(Undeliverable) as failed:
        await road.send(a_message(f"{CANARY}@example.nl"))
    assert CANARY not in repr(failed.value)


async def test_a_server_that_is_away_is_tried_later() -> None:
    with pytest.raises(TryLater):
        await EmailRoad(MailServer("smtp://127.0.0.1:1"), SENDER).send(a_message(TO))


async def test_a_connection_that_breaks_is_tried_later() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TryLater):
            await EmailRoad(MailServer(f"smtp://127.0.0.1:{port}"), SENDER).send(a_message(TO))


async def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for(mailbox: Mailbox) -> None:
    async with smtp_server(mailbox) as url:
        with pytest.raises(TryLater):
            await EmailRoad(MailServer(url.replace("smtp:", "smtp+starttls:")), SENDER).send(a_message(TO))
    assert mailbox.taken == []


@pytest.mark.parametrize("url", ["http://mail.example.nl", "smtp://", "mail.example.nl"])
def test_a_server_that_cannot_be_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError):
        EmailRoad(MailServer(url), SENDER)


@given(st.text(min_size=1).map(lambda words: one_line(f"x\r\nBcc: dief@example.com{words}")))
def test_no_words_begin_a_header(words: str) -> None:
    message = a_message(TO, a_text(words, words))
    written = compose(message, Names(SENDER), "Mon, 24 Dec 2018 12:00:00 +0000").as_bytes()
    assert message_from_bytes(written, policy=default)["Bcc"] is None


@pytest.mark.parametrize("words", ["x\r\nBcc: dief@example.com", "x\nBcc: dief@example.com"])
def test_a_subject_of_two_lines_is_never_sent(words: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        compose(a_message(TO, a_text(words)), Names(SENDER), "")
