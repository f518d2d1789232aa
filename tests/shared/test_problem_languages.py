"""Refusals are said in the language of whoever is refused."""

import pytest
from buurtthuis.core.errors import NotFound, TooLarge
from buurtthuis.http.sentences import SENTENCES, language_of, sentence_for, sentence_for_field
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together

place = together

FACTS = {"min_length": 1, "max_length": 2, "ge": 3, "le": 4, "limit": 256}


def test_residents_languages_are_there_with_the_same_sentences() -> None:
    assert set(SENTENCES) == {"ar", "nl", "nl-x-b1", "pl", "tr", "uk"}
    plain = SENTENCES["nl-x-b1"]
    for sentences in SENTENCES.values():
        assert sentences.keys() == plain.keys()
        assert sentences["fields"].keys() == plain["fields"].keys()


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_each_sentence_is_whole_and_knows_its_facts(language: str) -> None:
    fields = SENTENCES[language]["fields"]
    sentences = [text for code, text in SENTENCES[language].items() if code != "fields"]
    for text in (*sentences, *fields.values()):
        assert text.format_map(FACTS).endswith(".")


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("", "en"),
        ("nl", "nl"),
        ("nl-NL, en;q=0.5", "nl"),
        ("nl-x-b1", "nl-x-b1"),
        ("ar-EG", "ar"),
        ("de, en;q=0.8, nl;q=0.5", "en"),
        ("de", "en"),
        ("*", "en"),
        ("\xff;;q=", "en"),
    ],
)
def test_the_best_of_the_languages_that_there_are_is_taken(said: str, language: str) -> None:
    assert language_of([(b"accept-language", said.encode("latin-1"))]) == language


def test_what_a_language_does_not_say_is_said_in_english() -> None:
    assert sentence_for(NotFound(what="theme", id="x"), "de") == "There is no theme with id x."
    assert sentence_for(TooLarge(limit=256), "nl") == "Dit is te groot: het mag 256 KiB zijn."
    assert sentence_for_field("value_error", {}, "This goes on one line.", "tr").startswith("Bu ")
    assert sentence_for_field("value_error", {}, "This goes on one line.", "en") == "This goes on one line."


async def test_a_refusal_is_said_in_the_language_of_whoever_asks(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    staff.headers["Accept-Language"] = "nl"
    refused = await staff.post("/surveys/v1/themes", json={"title": "x"})
    assert refused.json()["errors"][0]["message"] == "Vul dit in."
    assert (refused.headers["content-language"], refused.json()["title"]) == ("nl", "Malformed")
    assert "Accept-Language" in refused.headers["vary"]
    for path, detail in {
        "/surveys/v1/nothing": "Er is niets op dit adres.",
        "/surveys/v1/surveys/01a204c1-fe22-7520-b7a9-199f15c86465": "We kunnen dit niet vinden.",
    }.items():
        assert (await staff.get(path)).json()["detail"] == detail
    stranger = await place.client().post("/surveys/v1/themes", json={}, headers={"Accept-Language": "uk"})
    assert (stranger.status_code, stranger.headers["content-language"]) == (401, "uk")
