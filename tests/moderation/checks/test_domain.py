"""What is looked at before people do."""

import sys

import pytest
from buurtthuis.events.moderation import Check
from buurtthuis_moderation.domain.checks import Checks, Mode
from buurtthuis_moderation.domain.findings import ENOUGH
from buurtthuis_moderation.domain.insults import listed
from buurtthuis_moderation.domain.looks import looks, plain
from hypothesis import given
from hypothesis import strategies as st

CHECKS = Checks(words=frozenset({"duivenmelker"}), links=frozenset({"voorbeeld.nl"}))


def found(text: str, check: Check) -> list[str]:
    """What this check finds, in the words of the text."""
    return [text[one.start : one.end] for one in CHECKS.judge(text, floods=False) if one.check is check]


# Words.


@pytest.mark.parametrize(
    "text",
    [
        "klootzak",
        "KLOOTZAK",
        "kl00tz@k",
        "klооtzаk",
        "ｋｌｏｏｔｚａｋ",
        "𝓀𝓁𝑜𝑜𝓉𝓏𝒶𝓀",
        "klóótzàk",
        "kloooootzak",
        "k l o o t z a k",
        "k.l.o.o.t.z.a.k",
        "k-l-o-o-t-z-a-k",
        "kloot\u200bzak",
        "klootz\u115fak",
        "kloot\u3164zak",
        "kloot\u2800zak",
        "kl\ufe0foot\U000e0061zak",
        "kloot\u0336zak",
        "K1ootzak",
    ],
)
def test_a_word_that_hurts_is_found_however_it_is_written(text: str) -> None:
    assert found(f"Wat ben jij een {text}!", Check.WORDS) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Mijn muts ligt nog in de zaal.",
        "Gehoord dat de lift het weer doet?",
        "De eikels vallen van de boom.",
        "Kanker is een erge ziekte.",
        "Wie gaat er mee naar Scheveningen?",
        "Hoe ren je sneller?",
        "Ik lunch.",
        "Çok güzel, teşekkürler!",
        "Dzień dobry, zapraszam na kawę.",
        "أهلا وسهلا بالجميع",
        "Let's meet at the lobby.",
    ],
)
def test_what_neighbours_write_is_no_insult(text: str) -> None:
    assert found(text, Check.WORDS) == []


@pytest.mark.parametrize("text", ["asshole", "hurensohn", "connard", "orospu çocuğu", "kurwa", "ابن الكلب"])
def test_people_write_in_more_than_one_language(text: str) -> None:
    assert found(text, Check.WORDS) == [text]


def test_a_threat_is_more_than_one_word() -> None:
    assert found("Pas op, ik maak  je dood.", Check.WORDS) == ["maak  je dood"]


def test_a_house_adds_words_of_its_own() -> None:
    assert found("Jij duivenmelker", Check.WORDS) == ["duivenmelker"]


def test_every_word_of_the_lists_is_found() -> None:
    assert [word for word in sorted(listed()) if not found(f"Jij {word}.", Check.WORDS)] == []


# How to reach somebody.


@pytest.mark.parametrize(
    "text",
    [
        "jansen@voorbeeld.nl",
        "jansen (at) voorbeeld.nl",
        "jansen [at] voorbeeld [punt] nl",
        "ｊansen＠voorbeeld.nl",
        "06-12345678",
        "06 12 34 56 78",
        "0612345678",
        "+31 6 1234 5678",
        "0031612345678",
        "0182 - 123 456",
        "٠٦١٢٣٤٥٦٧٨",
        "+48 512 345 678",
        "2741 KA",
        "2741KA",
        "Wingerdstraat 12",
        "wingerdlaan 3b",
        "Kerkweg 5",
        "NL91 ABNA 0417 1643 00",
    ],
)
def test_how_to_reach_or_find_somebody_is_found(text: str) -> None:
    assert text in found(f"Vraag het aan de buren: {text}.", Check.CONTACTS)


@pytest.mark.parametrize(
    "text",
    [
        "Op 14-12-2018 om 19:30 uur",
        "02-01-2019 10.30 uur",
        "Er waren 1500 mensen in 2018",
        "@iedereen: welkom!",
        "Onderweg naar de markt, 10 minuten lopen",
        "Er zijn 12 plaatsen en 240 oliebollen",
        "€ 10.000.000",
    ],
)
def test_dates_and_figures_reach_nobody(text: str) -> None:
    assert found(text, Check.CONTACTS) == []


# Links.


@pytest.mark.parametrize(
    "text",
    [
        "voorbeeld.nl",
        "www.voorbeeld.nl",
        "VOORBEELD.NL",
        "vооrbeeld.nl",
        "voorbeeld.nl.",
        "bit.ly",
        "voorbeeld。nl",
    ],
)
def test_a_link_to_a_blocked_site_is_found(text: str) -> None:
    assert found(f"Kijk op https://{text}/gratis", Check.LINKS) == [text.rstrip(".")]


@pytest.mark.parametrize(
    "text", ["geen-voorbeeld.nl", "voorbeeld.nl.buurtthuis.example", "buurtthuis.example"]
)
def test_a_link_to_another_site_is_welcome(text: str) -> None:
    assert found(f"Kijk op https://{text}/agenda", Check.LINKS) == []


# What a house does with it.


@pytest.mark.parametrize("gap", ["\u3164", "\u2800"])
def test_what_some_see_as_a_gap_hides_no_word_behind_it(gap: str) -> None:
    assert found(f"hallo{gap}klootzak", Check.WORDS) == ["klootzak"]


@pytest.mark.parametrize("hidden", ["\u115f", "\u00ad", "\u200b", "\ufe0f"])
def test_letters_that_nobody_sees_hide_no_link_and_no_number(hidden: str) -> None:
    link, number = f"bit{hidden}.ly", f"06{hidden}12345678"
    assert found(f"Kijk op {link}/x", Check.LINKS) == [link]
    assert found(f"Bel {number}", Check.CONTACTS) == [number]


def test_what_is_off_finds_nothing() -> None:
    assert Checks({Check.CONTACTS: Mode.OFF}).judge("Bel 0612345678", floods=True)[0].check is Check.FLOODS


@pytest.mark.parametrize(("mode", "holds"), [(Mode.ADVICE, False), (Mode.HOLD, True)])
def test_advice_holds_nothing_up(mode: Mode, holds: bool) -> None:
    checks = Checks({Check.WORDS: mode})
    assert checks.holds(checks.judge("Jij klootzak", floods=False)) is holds


def test_a_text_that_is_full_of_it_is_told_so_once() -> None:
    assert len(CHECKS.judge("klootzak " * 1000, floods=False)) == ENOUGH


@given(st.text(max_size=300))
def test_whatever_is_found_is_a_place_in_the_text(text: str) -> None:
    for one in CHECKS.judge(text, floods=False):
        assert 0 <= one.start < one.end <= len(text)


@given(st.text(st.characters(), max_size=300))
def test_a_look_has_a_character_for_each_of_the_text(text: str) -> None:
    assert len(looks(plain(text))) == len(text)


def test_no_character_takes_the_room_of_two() -> None:
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    assert [one for one in every if len(looks(plain(one))) != 1] == []
