"""What a corporation says in a folder of its own."""

from pathlib import Path

import pytest
from buurtthuis.core.settings import SettingsError
from buurtthuis_notifications.texts import Texts
from buurtthuis_notifications.texts.examples import EXAMPLES
from buurtthuis_notifications.texts.language import PARTS, ours

from tests.notifications.texts.corporations import CORPORATIONS, SLUG, corporation, write

WELCOME = EXAMPLES["welcome"]
WHOLE = '[welcome]\nsubject = "Hoi"\nshort = "Hoi!"\nbody = "Dag {{ corporation }}"\n'


def test_one_part_of_a_text_is_the_corporations_own_and_the_others_stay(tmp_path: Path) -> None:
    write(tmp_path, "nl.toml", '[welcome]\nsubject = "Hoi van {{ corporation }}"')
    text = Texts(CORPORATIONS, tmp_path).render(SLUG, "welcome", "nl", WELCOME)
    assert text.subject == f"Hoi van {WELCOME['corporation']}"
    assert text.body == ours("nl").render("welcome", WELCOME).body


def test_other_rules_and_other_languages_stay_ours(tmp_path: Path) -> None:
    write(tmp_path, "nl.toml", WHOLE)
    texts, without = Texts(CORPORATIONS, tmp_path), Texts(CORPORATIONS)
    for rule, language in (("moved-out", "nl"), ("welcome", "en")):
        assert texts.render(SLUG, rule, language, EXAMPLES[rule]) == without.render(
            SLUG, rule, language, EXAMPLES[rule]
        )


def test_another_corporation_hears_nothing_of_it(tmp_path: Path) -> None:
    write(tmp_path, "nl.toml", WHOLE)
    texts = Texts({**CORPORATIONS, "noorderhof": corporation("noorderhof")}, tmp_path)
    assert texts.render("noorderhof", "welcome", "nl", WELCOME).subject != "Hoi"


def test_own_plain_dutch_is_below_other_languages(tmp_path: Path) -> None:
    write(tmp_path, "nl-x-b1.toml", WHOLE)
    below = Texts(CORPORATIONS, tmp_path).render(SLUG, "welcome", "ar", WELCOME).below
    assert below
    assert below.subject == "Hoi"


def test_words_around_texts_can_be_its_own(tmp_path: Path) -> None:
    write(tmp_path, "nl.toml", '[words]\nkind_coffee_table = "koffie-uurtje"')
    facts = EXAMPLES["session-cancelled"] | {"title": None}
    text = Texts(CORPORATIONS, tmp_path).render(SLUG, "session-cancelled", "nl", facts)
    assert text.subject == "Gaat niet door: koffie-uurtje"


def frisian() -> str:
    """A language that we do not have, with one text in it."""
    words = (f'{name} = "{name}"' for name in ours("nl").words)
    return "\n".join(("[words]", *words, WHOLE))


def test_a_language_that_we_lack_can_be_its_own(tmp_path: Path) -> None:
    write(tmp_path, "fy.toml", frisian())
    texts = Texts({SLUG: corporation(SLUG, "nl", "fy")}, tmp_path)
    text = texts.render(SLUG, "welcome", "fy", WELCOME)
    assert (text.language, text.subject, text.below is None) == ("fy", "Hoi", False)


def test_a_language_of_its_own_gives_plain_dutch_alone_for_what_it_lacks(tmp_path: Path) -> None:
    write(tmp_path, "fy.toml", frisian())
    texts = Texts({SLUG: corporation(SLUG, "nl", "fy")}, tmp_path)
    text = texts.render(SLUG, "moved-out", "fy", EXAMPLES["moved-out"])
    assert (text.language, text.below) == ("nl-x-b1", None)
    assert {one.rule for one in texts.missing} == {*EXAMPLES} - {"welcome"}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("Hoi {{ nobody }}", "'nobody' is undefined"),
        ("Hoi {% if %}", "Expected an expression"),
        ("{{ house.title }}", "has no attribute 'title'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ corporation.__class__ }}", "unsafe"),
        ("{{ corporation|shout }}", "No filter named 'shout'"),
        ("{{ 'elsewhere'|word('outcome') }}", "outcome_elsewhere"),
    ],
)
def test_a_text_that_cannot_be_used_is_named_at_the_start(
    tmp_path: Path, part: str, template: str, why: str
) -> None:
    path = write(tmp_path, "en.toml", f'[welcome]\n{part} = "{template}"')
    with pytest.raises(SettingsError) as refused:
        Texts(CORPORATIONS, tmp_path)
    assert str(refused.value).startswith(f"{path}: [welcome] {part}: ")
    assert why in str(refused.value)


@pytest.mark.parametrize("template", ["{{ title.upper() }}", "{{ report|length }}", "{{ reason[0] }}"])
def test_a_text_that_needs_what_may_be_taken_back_is_named_at_the_start(
    tmp_path: Path, template: str
) -> None:
    rule = "session-reported" if "report" in template else "session-cancelled"
    write(tmp_path, "en.toml", f'[{rule}]\nbody = "{template}"')
    with pytest.raises(SettingsError, match=rf"en.toml: \[{rule}\] body: "):
        Texts(CORPORATIONS, tmp_path)


@pytest.mark.parametrize(
    ("name", "words", "why"),
    [
        ("en.toml", '[wellcome]\nsubject = "Hi"', "there is no rule called 'wellcome'"),
        ("en.toml", '[welcome]\nsujbect = "Hi"', r"\[welcome\] has sujbect"),
        ("en.toml", '[words]\nkind_party = "party"', r"\[words\] has kind_party"),
        ("en.toml", "[welcome]\nsubject = 1", r"\[welcome\] has to be a table of texts"),
        ("en.toml", "welcome = 1", r"\[welcome\] has to be a table of texts"),
        ("en.toml", "[welcome", "Expected"),
        ("en_GB.toml", WHOLE, "has no language 'en_GB'"),
        ("rules.toml", 'off = ["wellcome"]', "off.*there is no rule called 'wellcome'"),
        ("rules.toml", 'of = ["welcome"]', "of: "),
        ("rules.toml", 'staff = "nobody"', "staff: .*is not an e-mail address"),
        ("rules.toml", 'site = "javascript:alert(1)"', "site: "),
        ("rules.toml", "off = [", ""),
    ],
)
def test_a_file_that_cannot_be_used_is_named_at_the_start(
    tmp_path: Path, name: str, words: str, why: str
) -> None:
    write(tmp_path, name, words)
    with pytest.raises(SettingsError, match=rf"{SLUG}/{name}: .*{why}"):
        Texts(CORPORATIONS, tmp_path)


def test_a_file_that_is_no_text_is_named_at_the_start(tmp_path: Path) -> None:
    write(tmp_path, "en.toml", "").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"en.toml: "):
        Texts(CORPORATIONS, tmp_path)


def test_half_a_language_of_its_own_says_which_words_it_lacks(tmp_path: Path) -> None:
    write(tmp_path, "fy.toml", WHOLE)
    with pytest.raises(SettingsError, match=r"fy.toml: \[words\] has no at"):
        Texts({SLUG: corporation(SLUG, "nl", "fy")}, tmp_path)


def test_half_a_text_in_a_language_of_its_own_says_what_it_lacks(tmp_path: Path) -> None:
    write(tmp_path, "fy.toml", frisian().replace('short = "Hoi!"\n', ""))
    with pytest.raises(SettingsError, match=r"fy.toml: \[welcome\] has no short"):
        Texts({SLUG: corporation(SLUG, "nl", "fy")}, tmp_path)


def test_a_folder_of_nobody_is_named_at_the_start(tmp_path: Path) -> None:
    write(tmp_path, "nl.toml", WHOLE, slug="wonpartners")
    with pytest.raises(SettingsError, match="there is no corporation called 'wonpartners'"):
        Texts(CORPORATIONS, tmp_path)


def test_a_folder_that_is_not_there_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such folder"):
        Texts(CORPORATIONS, tmp_path / "nowhere")


def test_a_corporation_switches_rules_off_and_says_where_its_office_and_site_are(tmp_path: Path) -> None:
    write(
        tmp_path,
        "rules.toml",
        'off = ["theme-admitted"]\nstaff = "wijkteam@example.org"\nsite = "https://wingerd.example.nl/"',
    )
    own = Texts(CORPORATIONS, tmp_path).own[SLUG]
    assert own.off == {"theme-admitted"}
    assert (own.staff, str(own.site)) == ("wijkteam@example.org", "https://wingerd.example.nl/")


def test_nothing_is_off_where_nothing_is_said() -> None:
    own = Texts(CORPORATIONS).own[SLUG]
    assert (own.off, own.staff, own.site) == (frozenset(), None, None)


def test_whoever_comes_later_has_texts_of_their_own_too(tmp_path: Path) -> None:
    texts = Texts(CORPORATIONS, tmp_path)
    write(tmp_path / "later", "nl.toml", WHOLE)
    (tmp_path / "later" / SLUG).rename(tmp_path / "noorderhof")
    (tmp_path / "later").rmdir()
    texts.prepare({**CORPORATIONS, "noorderhof": corporation("noorderhof")})
    assert texts.render("noorderhof", "welcome", "nl", WELCOME).subject == "Hoi"


def test_texts_that_cannot_be_used_change_nothing(tmp_path: Path) -> None:
    texts = Texts(CORPORATIONS, tmp_path)
    write(tmp_path, "nl.toml", '[welcome]\nsubject = "{{ nonsense }}"')
    with pytest.raises(SettingsError):
        texts.prepare({**CORPORATIONS, "noorderhof": corporation("noorderhof")})
    assert "noorderhof" not in texts.own
    assert (
        texts.render(SLUG, "welcome", "nl", WELCOME).subject == ours("nl").render("welcome", WELCOME).subject
    )


def test_the_folder_of_a_corporation_may_outlast_it(tmp_path: Path) -> None:
    write(tmp_path, "nl.toml", WHOLE)
    texts = Texts(CORPORATIONS, tmp_path)
    texts.prepare({"noorderhof": corporation("noorderhof")})
    assert [*texts.own] == ["noorderhof"]
