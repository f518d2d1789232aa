"""News that people subscribe to, as Atom (RFC 4287) and JSON Feed 1.1: what is told of once, under one id, and again when it changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from xml.etree import ElementTree as ET

ATOM: Final = "application/atom+xml"
JSON_FEED: Final = "application/feed+json"
NAMESPACE: Final = "http://www.w3.org/2005/Atom"
#: What no XML 1.0 may hold, however it is written.
NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True)
class Item:
    """One piece of news. Its `id` stays, and `updated` grows with every change."""

    id: UUID
    title: str
    text: str
    published: datetime
    updated: datetime


@dataclass(frozen=True)
class Channel:
    """What somebody subscribes to, at `address`: news by `author`, in a language, of something that came about at `since`."""

    id: UUID
    title: str
    author: str
    language: str
    address: str
    since: datetime


def atom(channel: Channel, items: Sequence[Item]) -> bytes:
    """As a document of Atom."""
    feed = ET.Element(_name("feed"), {"xml:lang": channel.language})
    _say(feed, "id", channel.id.urn)
    _say(feed, "title", channel.title)
    _say(feed, "updated", max([channel.since, *(item.updated for item in items)]).isoformat())
    _say(ET.SubElement(feed, _name("author")), "name", channel.author)
    ET.SubElement(feed, _name("link"), {"rel": "self", "type": ATOM, "href": channel.address})
    for item in items:
        entry = ET.SubElement(feed, _name("entry"))
        _say(entry, "id", item.id.urn)
        _say(entry, "title", item.title)
        _say(entry, "published", item.published.isoformat())
        _say(entry, "updated", item.updated.isoformat())
        _say(entry, "content", item.text)
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def json_feed(channel: Channel, items: Sequence[Item]) -> dict[str, Any]:
    """As a document of JSON Feed."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "feed_url": channel.address,
        "language": channel.language,
        "authors": [{"name": channel.author}],
        "items": [
            {
                "id": item.id.urn,
                "title": item.title,
                "content_text": item.text,
                "date_published": item.published.isoformat(),
                "date_modified": item.updated.isoformat(),
            }
            for item in items
        ],
    }


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _say(parent: ET.Element, name: str, words: str) -> None:
    ET.SubElement(parent, _name(name)).text = NOT_IN_XML.sub("", words)
