"""One SMS is one SMS: what it holds depends on the letters, and each one more costs as much as the first."""

import unicodedata
from typing import Any

import pytest
from buurtthuis_notifications.texts import Texts
from buurtthuis_notifications.texts.examples import EXAMPLES, barest
from buurtthuis_notifications.texts.language import ours
from buurtthuis_notifications.texts.sms import ALPHABET, EXTENSION, fits_one_sms, in_one_sms
from hypothesis import given
from hypothesis import strategies as st

from tests.notifications.texts.corporations import CORPORATIONS, LANGUAGES, SLUG

LINK = "https://wingerd.example.nl/agenda"
LONG = "Samen koffie drinken, taart bakken en de tuin doen met alle buren van de Wingerd"
IN_OWN_LETTERS = {
    "ar": "نشرب القهوة معاً ونخبز الكعك ونعتني بالحديقة مع جميع الجيران في شارع فينخرد هنا!",
    "uk": "Разом пʼємо каву, печемо торти й доглядаємо за садом з усіма сусідами з Вінґерду",
    "tr": "Birlikte kahve içiyoruz, pasta yapıyoruz ve bahçeye bütün komşularla bakıyoruz ş",
    "pl": "Wspólnie pijemy kawę, pieczemy ciasta i dbamy o ogród z sąsiadami z ulicy Wingerd",
    "nl": "Met patiënten koffie drinken, taart bakken, en de tuin doen in het cafétje Wingër",
}
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp"))
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=40), max_size=40).map(" ".join)
LIKELY = st.text("abcdé ëşłжع…“€[]{}😀\u0308", max_size=400).map(lambda words: " ".join(words.split()))


def messages(words: str) -> int:
    """How many SMS a gateway sends for these words, counted as the standard has it (3GPP TS 23.038)."""
    if all(letter in ALPHABET | EXTENSION for letter in words):
        septets = sum(2 if letter in EXTENSION else 1 for letter in words)
        return 1 if septets <= 160 else -(-septets // 153)
    units = sum(2 if ord(letter) > 0xFFFF else 1 for letter in words)
    return 1 if units <= 70 else -(-units // 67)


def test_the_alphabet_is_that_of_the_standard() -> None:
    """128 places, of which one leads to the extension; of the letters with marks in Dutch, ë and ï are not among them."""
    assert (len(ALPHABET), len(EXTENSION)) == (127, 10)
    assert {*"éèàùìòäöüñÄÖÑÜÉåÅæÆøØßÇ"} <= ALPHABET
    assert not {*"ëïáíóúâêîôûçËÏ"} & ALPHABET
    assert not ALPHABET & EXTENSION


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_rule_is_one_sms_and_nothing_of_it_is_cut(tag: str) -> None:
    for rule, example in EXAMPLES.items():
        for facts in (example, barest(rule)):
            text = ours(tag).render(rule, facts)
            assert messages(text.sms) == 1, text.sms
            assert fits_one_sms(text.brief or text.short), text.brief or text.short
            if facts["link"] and facts["link"] in (text.brief or text.short):
                assert text.sms.endswith(f" {facts['link']}"), text.sms


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("letters", [None, "nl"])
def test_however_long_a_title_is_it_is_one_sms_with_its_link_whole(tag: str, letters: str | None) -> None:
    title = IN_OWN_LETTERS.get(letters or tag, LONG)
    assert len(title) >= 80
    for rule, example in EXAMPLES.items():
        long: dict[str, Any] = dict.fromkeys(("title", "house", "theme", "into", "place", "reason"), title)
        text = ours(tag).render(rule, example | {name: long[name] for name in long.keys() & example.keys()})
        assert messages(text.sms) == 1, text.sms
        if example["link"] and example["link"] in (text.brief or text.short):
            assert text.sms.endswith(f" {example['link']}"), text.sms


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_matters_comes_before_a_long_title_where_letters_are_few(tag: str) -> None:
    """The code, and what somebody joins agrees to."""
    code = ours(tag).render("code", EXAMPLES["code"] | {"house": LONG}).sms
    assert "123456" in code
    offered = ours(tag).render("seat-offered", EXAMPLES["seat-offered"] | {"title": LONG}).sms
    assert "18:00" in offered or tag not in ("ar", "uk")


@given(WORDS | LIKELY)
def test_whatever_people_write_is_one_sms(words: str) -> None:
    line = " ".join(words.split())
    sent = in_one_sms(line)
    assert messages(sent) <= 1
    assert bool(sent) is bool(line) or not sent.strip()


@given(LIKELY.filter(bool))
def test_the_link_comes_last_and_whole_whatever_comes_before_it(words: str) -> None:
    sent = in_one_sms(f"{words} {LINK}")
    assert messages(sent) == 1
    assert sent.endswith(f" {LINK}")


def test_a_link_that_leaves_no_room_for_words_is_left_out_and_never_cut() -> None:
    link = f"https://wingerd.example.nl/{'a' * 60}"
    assert in_one_sms(f"Нагадуємо про зустріч {link}") == "Нагадуємо про зустріч"
    assert in_one_sms(f"Denkt u eraan? {link}").endswith(link)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Kom ook… “Koffie” – 10\u00a0uur", 'Kom ook... "Koffie" - 10 uur'),
        ("Patiëntencafé om 10:00", "Patiëntencafé om 10:00"),
        (f"Patiëntencafé: {LONG}", f"Patientencafé: {LONG}"),
        (f"Mahalle kahvesi şimdi: {LONG}", f"Mahalle kahvesi simdi: {LONG}"),
        (f"Żółta łódź: {LONG}", f"Zólta lódz: {LONG}".replace("ó", "o")),
    ],
)
def test_letters_lose_their_marks_only_where_all_of_it_fits_so_and_would_not_otherwise(
    written: str, sent: str
) -> None:
    assert in_one_sms(written) == sent
    assert fits_one_sms(written)


@pytest.mark.parametrize("tag", ["ar", "uk"])
def test_arabic_and_cyrillic_stay_what_they_are(tag: str) -> None:
    sent = in_one_sms(f"{IN_OWN_LETTERS[tag]} patiënt… {LINK}")
    kept = sent.partition("…")[0]
    assert IN_OWN_LETTERS[tag].startswith(kept)
    assert messages(sent) == 1


def test_a_letter_of_two_parts_counts_as_the_one_that_it_is() -> None:
    assert in_one_sms(unicodedata.normalize("NFD", "Café")) == "Café"


def test_a_link_keeps_its_own_letters() -> None:
    link = "https://wingerd.example.nl/café–ë"
    assert in_one_sms(f"{'Koffie ' * 30}{link}").endswith(f" {link}")


def test_what_a_corporation_writes_shorter_is_what_its_sms_says(tmp_path: Any) -> None:
    folder = tmp_path / SLUG
    folder.mkdir()
    (folder / "uk.toml").write_text('[welcome]\nshort = "Вітаємо!"\n[moved-out]\nsms = "Бувайте!"\n')
    (folder / "ar.toml").write_text('[survey-closes]\nshort = "انتهى."\n')
    texts = Texts(CORPORATIONS, tmp_path)
    said = [
        texts.render(SLUG, rule, tag, EXAMPLES[rule]).sms
        for rule, tag in (("welcome", "uk"), ("moved-out", "uk"), ("survey-closes", "ar"))
    ]
    assert said == ["Вітаємо!", "Бувайте!", "انتهى."]
