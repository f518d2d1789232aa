"""A text for a reader: their language, plain Dutch below it, and nothing that people wrote can do harm."""

from pathlib import Path
from uuid import uuid4

import pytest
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis_notifications.domain.messages import DIGEST, Message, MessageState
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.domain.rules import Topic, Urgency, rule_named
from buurtthuis_notifications.rendering.context import MessageContext
from buurtthuis_notifications.rendering.messages import render
from buurtthuis_notifications.texts import Missing, Texts
from buurtthuis_notifications.texts.consents import consent
from buurtthuis_notifications.texts.examples import EXAMPLES, NOW, announced, known
from buurtthuis_notifications.texts.language import ours

from tests.notifications.texts.corporations import CORPORATIONS, LANGUAGES, NAME, SLUG, corporation, write

TEXTS = Texts(CORPORATIONS)
FACTS = EXAMPLES["session-cancelled"]


def a_digest_of(rule: str, language: str) -> tuple[Message, MessageContext]:
    """One that holds one message, by this rule."""
    about = announced(rule_named(rule))
    held, digest = (
        Message(
            uuid4(),
            name,
            Topic.NEW_SESSIONS,
            Urgency.NORMAL,
            MessageState.MERGED,
            DeliveryChannel.EMAIL,
            language,
            NOW,
            NOW,
            NOW,
            announcement_id=about.id,
        )
        for name in (rule, DIGEST)
    )
    return digest, MessageContext({about.id: about}, known(), {digest.id: [held]})


EVIL = "Koffie\r\nBcc: iedereen@example.org\u2028\u202eeiffok\x00"


@pytest.mark.parametrize("tag", ["en", "ar", "tr", "pl", "uk"])
def test_plain_dutch_is_below_another_language(tag: str) -> None:
    plain = TEXTS.render(SLUG, "welcome", "nl-x-b1", EXAMPLES["welcome"])
    assert TEXTS.render(SLUG, "welcome", tag, EXAMPLES["welcome"]).below == plain


@pytest.mark.parametrize("tag", ["nl", "nl-x-b1"])
def test_nothing_is_below_dutch(tag: str) -> None:
    assert TEXTS.render(SLUG, "welcome", tag, EXAMPLES["welcome"]).below is None


@pytest.mark.parametrize("tag", LANGUAGES)
def test_arabic_alone_runs_from_right_to_left(tag: str) -> None:
    text = TEXTS.render(SLUG, "welcome", tag, EXAMPLES["welcome"])
    assert (text.language, text.direction) == (tag, "rtl" if tag == "ar" else "ltr")


def test_the_pictogram_is_the_same_in_every_language() -> None:
    assert {TEXTS.render(SLUG, "code", tag, EXAMPLES["code"]).pictogram for tag in LANGUAGES} == {"🔑"}


@pytest.mark.parametrize("tag", ["ti", "uk", "no such language"])
def test_a_language_that_is_not_there_gives_plain_dutch_whole(tag: str) -> None:
    texts = Texts({SLUG: corporation(SLUG, "nl", "ti")})
    text = texts.render(SLUG, "session-cancelled", tag, FACTS)
    assert text == texts.render(SLUG, "session-cancelled", "nl-x-b1", FACTS)


def test_a_language_that_is_not_there_is_reported_rule_by_rule() -> None:
    missing = Texts({SLUG: corporation(SLUG, "nl", "ti")}).missing
    assert set(missing) == {Missing(SLUG, "ti", rule) for rule in EXAMPLES}


def test_nothing_is_missing_where_all_is_there() -> None:
    assert TEXTS.missing == ()


def test_around_a_text_that_is_not_there_are_words_in_plain_dutch() -> None:
    texts = Texts({SLUG: corporation(SLUG, "nl", "ti")})
    assert texts.words(SLUG, "ti") == ours("nl-x-b1").words


def test_a_title_that_was_taken_back_is_called_by_its_kind() -> None:
    text = TEXTS.render(SLUG, "session-cancelled", "en", FACTS | {"title": None})
    assert text.subject == "Cancelled: coffee table"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_title_cannot_begin_another_line_in_a_subject(tag: str) -> None:
    text = TEXTS.render(SLUG, "session-cancelled", tag, FACTS | {"title": EVIL})
    assert len(text.subject.splitlines()) == len(text.short.splitlines()) == 1


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_title_cannot_turn_letters_around(tag: str) -> None:
    text = TEXTS.render(SLUG, "session-cancelled", tag, FACTS | {"title": EVIL})
    assert not {"\u202e", "\u2028", "\x00"} & {*text.subject, *text.short, *text.body}


def test_what_somebody_wrote_in_dutch_stands_by_itself_in_an_arabic_text_and_nowhere_else() -> None:
    text = TEXTS.render(SLUG, "session-cancelled", "ar", FACTS)
    assert "السبب: \u2068De verwarming is kapot.\u2069" in text.body
    assert text.below
    assert not {*"\u2068\u2069"} & {*text.subject, *text.short, *text.below.body}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_arabic_words_stand_by_themselves_in_every_other_text(tag: str) -> None:
    text = TEXTS.render(SLUG, "session-cancelled", tag, FACTS | {"reason": "التدفئة معطلة."})
    assert ("\u2068التدفئة معطلة.\u2069" in text.body) is (tag != "ar")


@pytest.mark.parametrize("tag", ["en", "ar", "tr", "pl", "uk"])
def test_what_somebody_agrees_to_is_said_in_the_language_of_the_text_around_it(tag: str) -> None:
    agreed = [vars(consent(Purpose.VISITS, tag, corporation()))]
    text = TEXTS.render(SLUG, "code", tag, EXAMPLES["code"] | {"agreed": agreed})
    own, plain = (consent(Purpose.VISITS, one, corporation()).wording for one in (tag, "nl-x-b1"))
    assert text.below
    for body, said, other in ((text.body, own, plain), (text.below.body, plain, own)):
        assert f"– {said}" in body.replace("\u2068", "").replace("\u2069", "")
        assert other not in body


def test_a_digest_with_something_that_a_language_lacks_is_in_plain_dutch_as_a_whole(tmp_path: Path) -> None:
    own = '[digest]\nsubject = \'Nij\'\nshort = \'Nij\'\nbody = """{% for item in items %}{{ item }}{% endfor %}"""\n'
    words = "".join(f"{name} = 'x'\n" for name in ours("nl").words)
    write(tmp_path, "fy.toml", f"[words]\n{words}{own}")
    frisian = corporation(SLUG, "nl", "fy")
    texts = Texts({SLUG: frisian}, tmp_path)
    text = render(texts, frisian, *a_digest_of("welcome", "fy"))
    assert (text.language, text.body.count("Welkom")) == ("nl-x-b1", 1)


def test_what_looks_like_a_template_is_only_words() -> None:
    text = TEXTS.render(SLUG, "session-cancelled", "nl", FACTS | {"title": "{{ 7 * 7 }}{% raw %}"})
    assert text.subject == "Gaat niet door: {{ 7 * 7 }}{% raw %}"


def test_a_reason_too_long_for_an_sms_is_cut_and_whole_in_the_body() -> None:
    reason = "Er is een lekkage in de ruimte. " * 20
    text = TEXTS.render(SLUG, "session-cancelled", "nl", FACTS | {"reason": reason.strip()})
    assert len(text.short) <= 160
    assert text.short.endswith("…")
    assert reason.strip() in text.body


def test_a_cancelled_session_reads_so_in_plain_dutch() -> None:
    text = TEXTS.render(SLUG, "session-cancelled", "nl-x-b1", FACTS)
    assert text.subject == "Gaat niet door: Koffietafel"
    assert text.short == (
        "Koffietafel van woensdag 6 februari om 10:00 gaat NIET door. De verwarming is kapot."
    )
    assert text.body == (
        "Deze bijeenkomst gaat niet door. U hoeft niet te komen.\n\n"
        "Koffietafel\nwoensdag 6 februari om 10:00\nOntmoetingsruimte Wingerd\n\n"
        "Waarom: De verwarming is kapot."
    )


def test_an_answer_to_an_idea_reads_so_in_english() -> None:
    facts = EXAMPLES["theme-answered"] | {"corporation": NAME}
    text = TEXTS.render(SLUG, "theme-answered", "en", facts)
    assert text.subject == "An answer to the idea: Samen koffie drinken"
    assert text.body == (
        f"{NAME} answers the idea: Samen koffie drinken.\n\nVanaf februari is er elke week een koffietafel."
    )
