"""News as Atom and JSON Feed, read back by parsers that know nothing of what wrote it."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

from buurtthuis.http.syndication import NAMESPACE, Channel, Item, atom, json_feed
from hypothesis import example, given
from hypothesis import strategies as st

NOW = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
HOUSE, SESSION = uuid4(), uuid4()
CHANNEL = Channel(HOUSE, "Wingerd & zo", "Woonpartners", "ar", "https://x.nl/atom-feed?language=ar", NOW)
NAMES = {"a": NAMESPACE}
TEXTS = st.text(max_size=60)


def an_item(title: str = "Koffietafel", id: UUID = SESSION) -> Item:
    return Item(id, title, "In de zaal", NOW, NOW + timedelta(hours=1))


def read(*items: Item) -> ET.Element:
    return ET.fromstring(atom(CHANNEL, items))


def test_a_feed_has_all_that_atom_asks_for() -> None:
    feed = read(an_item())
    assert feed.tag == f"{{{NAMESPACE}}}feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"
    assert [feed.findtext(f"a:{name}", namespaces=NAMES) for name in ("id", "title", "author/a:name")] == [
        f"urn:uuid:{HOUSE}",
        "Wingerd & zo",
        "Woonpartners",
    ]
    link = feed.find("a:link", NAMES)
    assert link is not None
    assert (link.get("rel"), link.get("href")) == ("self", CHANNEL.address)
    assert {child.tag.rpartition("}")[2] for child in feed.iterfind("a:entry/*", NAMES)} == {
        "id",
        "title",
        "published",
        "updated",
        "content",
    }


def test_a_feed_is_as_new_as_its_newest_news_and_without_any_as_what_it_is_about() -> None:
    updated = [feed.findtext("a:updated", namespaces=NAMES) for feed in (read(an_item()), read())]
    assert updated == ["2019-01-10T19:30:00+00:00", "2019-01-10T18:30:00+00:00"]


@given(TEXTS)
@example("<script>&amp; \ufffe \x0b 👩\u200d🔧 \u2067قهوة\u2069")
def test_whatever_a_title_holds_a_feed_can_be_read(title: str) -> None:
    told = read(an_item(title)).findtext("a:entry/a:title", namespaces=NAMES)
    assert len(told or "") <= len(title)


def test_the_same_news_stand_in_both_under_one_id() -> None:
    [item] = json.loads(json.dumps(json_feed(CHANNEL, [an_item()])))["items"]
    entry = read(an_item()).find("a:entry", NAMES)
    assert entry is not None
    assert item["id"] == entry.findtext("a:id", namespaces=NAMES) == f"urn:uuid:{SESSION}"
    assert (item["content_text"], item["date_modified"]) == ("In de zaal", "2019-01-10T19:30:00+00:00")
