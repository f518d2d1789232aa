"""A message as it goes out: its text as it reads now, its page, its links and its day."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.api_version import path_of
from buurtthuis.core.corporations import Corporation
from buurtthuis.http.calendars import Organizer

from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import Topic, Urgency, rule_named
from buurtthuis_notifications.rendering.context import MessageContext
from buurtthuis_notifications.rendering.invitations import invitation
from buurtthuis_notifications.rendering.messages import link, render
from buurtthuis_notifications.rendering.outgoing import Invitation, Outgoing
from buurtthuis_notifications.texts import Text, Texts
from buurtthuis_notifications.texts.layout import as_html
from buurtthuis_notifications.vault import Vault, tokens


class Writer:
    """Writes the messages of one batch. What all readers of a language share is made once."""

    def __init__(
        self,
        vault: Vault,
        texts: Texts,
        corporation: Corporation,
        context: MessageContext,
        now: datetime,
        *,
        public_url: str,
        mail_from: str,
    ) -> None:
        self._vault = vault
        self._texts = texts
        self._corporation = corporation
        self._context = context
        self._now = now
        self._public = f"{public_url}{path_of('notifications')}/public/{corporation.slug}"
        self._link = link(texts, corporation)
        self._organizer = Organizer(corporation.name, mail_from)
        self._pages: dict[tuple[UUID | None, str, bool], tuple[Text, str]] = {}

    def write(self, message: Message, to: str) -> Outgoing:
        """To one address of its reader. Raises NothingKnown and CannotOpen."""
        text, page = self._page(message)
        seen = unsubscribe = None
        if message.resident_id and message.urgency in (Urgency.URGENT, Urgency.CRITICAL):
            seen = f"{self._public}/seen/{tokens.to_see(self._vault, message.id)}"
        if message.resident_id and message.channel and message.topic is not Topic.ACCOUNT:
            token = tokens.to_unsubscribe(self._vault, message.resident_id, message.topic, message.channel)
            unsubscribe = f"{self._public}/unsubscriptions/{token}"
        return Outgoing(
            self._known_outside(message.id),
            to,
            text,
            page,
            message.urgency,
            self._corporation.name,
            self._answer_link(message) or self._link,
            unsubscribe,
            seen,
            self._calendar(message, text),
        )

    def _known_outside(self, message: UUID) -> UUID:
        """The same each time, and from which nobody outside finds whose message it is."""
        return UUID(bytes=self._vault.digest(f"message:{message}")[:16])

    def _page(self, message: Message) -> tuple[Text, str]:
        """The text and its HTML: secret ones are for one reader, all others are made once; an office has no buttons."""
        shared = message.announcement_id and not message.secret
        to_resident = message.resident_id is not None
        key = (message.announcement_id if shared else message.id, message.language, to_resident)
        if key not in self._pages:
            text = self._text(message)
            words = self._texts.words(self._corporation.slug, text.language)
            below = self._texts.words(self._corporation.slug, PLAIN_DUTCH)
            urgent = message.urgency in (Urgency.URGENT, Urgency.CRITICAL)
            page = as_html(
                text,
                words,
                below,
                seen=to_resident and urgent,
                unsubscribe=to_resident and message.topic is not Topic.ACCOUNT,
            )
            self._pages[key] = text, page
        return self._pages[key]

    def _text(self, message: Message) -> Text:
        slug = self._corporation.slug
        if message.secret:
            told_by_its_maker = json.loads(self._vault.open(message.secret))
            known_facts = {**self._code_facts(message), "minutes": 15, **told_by_its_maker}
            return self._texts.render(slug, message.rule, message.language, known_facts)
        return render(self._texts, self._corporation, message, self._context, self._answer_link(message))

    def _answer_link(self, message: Message) -> str | None:
        """Where its reader answers what it asks of them, where it asks something."""
        announcement = self._context.announcement(message)
        if not (announcement and announcement.question_id):
            return None
        return f"{self._public}/solved/{tokens.to_answer(self._vault, announcement.question_id)}"

    def _code_facts(self, message: Message) -> dict[str, Any]:
        code = self._context.code(message)
        return {
            "corporation": self._corporation.name,
            "house": code.house if code else None,
            "agreed": [vars(agreement) for agreement in code.agreed] if code else [],
        }

    def _calendar(self, message: Message, text: Text) -> Invitation | None:
        """For a program that keeps one's days: it goes with the message, and comes off again when it is cancelled."""
        announcement = self._context.announcement(message)
        session = (
            announcement
            and announcement.session_id
            and self._context.known.sessions.get(announcement.session_id)
        )
        if not session or not rule_named(message.rule).calendar:
            return None
        words = self._texts.words(self._corporation.slug, text.language)
        return invitation(session, words[f"kind_{session.kind}"], self._organizer, self._now)
