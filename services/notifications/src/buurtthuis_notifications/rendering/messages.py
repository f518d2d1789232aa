"""A message as it reads now."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from buurtthuis.core.corporations import Corporation

from buurtthuis_notifications.domain.messages import DIGEST, Message
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.rendering.context import MessageContext
from buurtthuis_notifications.rendering.validity import reason_to_cancel
from buurtthuis_notifications.texts import Text, Texts
from buurtthuis_notifications.texts.facts import NothingKnown, facts


def render(
    texts: Texts,
    corporation: Corporation,
    message: Message,
    context: MessageContext,
    leads_to: str | None = None,
) -> Text:
    """In its reader's language. Raises NothingKnown where what it is about is not known any more.

    Its link is `leads_to`, where it is sent with one of its own."""
    if message.rule == DIGEST:
        return _digest(texts, corporation, message, context)
    found = dict(facts_of(texts, corporation, message, context))
    found["link"] = leads_to or found["link"]
    return texts.render(corporation.slug, message.rule, message.language, found)


def facts_of(
    texts: Texts, corporation: Corporation, message: Message, context: MessageContext
) -> Mapping[str, Any]:
    """What its text says. Raises NothingKnown."""
    announcement = context.announcement(message)
    if announcement is None:
        raise NothingKnown
    return facts(announcement, context.known, corporation, link(texts, corporation))


def link(texts: Texts, corporation: Corporation) -> str | None:
    """Where residents read on, where the corporation has such a place."""
    site = texts.own[corporation.slug].site
    return str(site) if site else None


def _digest(texts: Texts, corporation: Corporation, message: Message, context: MessageContext) -> Text:
    """In one language, with all that it holds. Raises NothingKnown where there is nothing in it any more."""
    slug = corporation.slug
    held = list(_held(texts, corporation, message, context))
    if not held:
        raise NothingKnown
    whole = all(texts.has(slug, rule, message.language) for rule, _ in held)
    house = context.known.houses.get(message.house_id) if message.house_id else None
    common = {
        "corporation": corporation.name,
        "house": house.title if house else None,
        "link": link(texts, corporation),
    }
    return texts.render(
        slug,
        DIGEST,
        message.language if whole else PLAIN_DUTCH,
        lambda tag: (
            common | {"items": [texts.render(slug, rule, tag, found).subject for rule, found in held]}
        ),
    )


def _held(
    texts: Texts, corporation: Corporation, message: Message, context: MessageContext
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rule of each message in a digest that still holds, and what its text says."""
    for held_message in context.merged.get(message.id, ()):
        if not reason_to_cancel(held_message, context):
            with suppress(NothingKnown):
                yield held_message.rule, facts_of(texts, corporation, held_message, context)
