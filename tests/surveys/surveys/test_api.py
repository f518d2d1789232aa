"""Surveys over HTTP: what staff write, and what residents read and send."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.timers import Timer
from buurtthuis.testing import Playground
from buurtthuis_surveys.commands.surveys import CloseSurvey
from buurtthuis_surveys.queries.surveys import past_their_time

from tests.conftest import together
from tests.people import (
    PLAIN,
    a_ballot,
    a_published_survey,
    a_survey,
    an_open_survey,
    asked,
    codes_for,
    done,
    fields,
    problem,
)

place = together

PUBLIC = "/surveys/v1/public/woonpartners/surveys"
BODY: dict[str, Any] = {
    "title": {PLAIN: "Wat wilt u?", "en": "What would you like?"},
    "languages": ["en"],
    "questions": [
        {
            "kind": "single_choice",
            "texts": {PLAIN: "Koffie of thee?"},
            "options": [
                {"texts": {PLAIN: "Koffie", "en": "Coffee"}, "pictogram": "coffee-cup"},
                {"texts": {PLAIN: "Thee"}},
            ],
        }
    ],
}


async def edit(staff: httpx.AsyncClient, survey: str, **change: Any) -> httpx.Response:
    headers = {"If-Match": '"1"'}
    return await staff.put(f"/surveys/v1/surveys/{survey}", json={**BODY, **change}, headers=headers)


async def test_a_question_is_read_whole_in_one_language_and_says_in_which(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, **BODY)
    form = (await place.client().get(f"{PUBLIC}/{survey}", params={"language": "en"})).json()
    [question] = form["questions"]
    assert form["title"] == {"text": "What would you like?", "language": "en"}
    assert question["text"] == {"text": "Koffie of thee?", "language": PLAIN}
    assert [one["text"]["language"] for one in question["options"]] == [PLAIN, PLAIN]
    assert [one["pictogram"] for one in question["options"]] == ["coffee-cup", None]


@pytest.mark.parametrize(
    ("asked_for", "read"),
    [
        ({"params": {"language": "en"}}, "en"),
        ({"headers": {"Accept-Language": "ar-EG, en-US;q=0.5, nl;q=0.1"}}, "en"),
        ({"headers": {"Accept-Language": "nl-NL, nl;q=0.9, en;q=0.8"}}, PLAIN),
        ({"headers": {"Accept-Language": "en;q=0, *"}}, PLAIN),
        ({"params": {"language": PLAIN}, "headers": {"Accept-Language": "en"}}, PLAIN),
        ({}, PLAIN),
    ],
)
async def test_a_form_and_results_are_in_the_language_asked_for_by_name_or_by_the_browser(
    place: Playground, asked_for: dict[str, Any], read: str
) -> None:
    staff, anybody = place.client(Role.STAFF), place.client()
    survey = await an_open_survey(staff, **{**BODY, "voting": "stand"})
    await published_with(staff, survey, *5 * ["Koffie"])
    form = await anybody.get(f"{PUBLIC}/{survey}", **asked_for)
    found = await anybody.get(f"{PUBLIC}/{survey}/results", **asked_for)
    chart = await anybody.get(f"{PUBLIC}/{survey}/results.svg", **asked_for)
    for response in (form, found, chart):
        assert (response.headers["Content-Language"], response.headers["Vary"]) == (read, "Accept-Language")
    assert (form.json()["title"]["language"], found.json()["title"]["language"]) == (read, read)
    assert f'lang="{read}"' in chart.text
    other = {"language": PLAIN if read == "en" else "en"}
    elsewhere = await anybody.get(f"{PUBLIC}/{survey}/results", params=other)
    assert elsewhere.headers["ETag"] != found.headers["ETag"]


async def test_a_chart_in_a_language_without_words_of_ours_is_in_plain_dutch_as_a_whole(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(
        staff,
        {
            **BODY["questions"][0],
            "texts": {PLAIN: "Wat?", "fa": "چه؟"},
            "options": [{"texts": {PLAIN: "Koffie", "fa": "قهوه"}}, {"texts": {PLAIN: "Thee", "fa": "چای"}}],
            "top": 1,
        },
        voting="stand",
        languages=["fa"],
        title={PLAIN: "Enquête", "fa": "نظرسنجی"},
    )
    await published_with(staff, survey, *5 * ["Koffie"])
    chart = await place.client().get(f"{PUBLIC}/{survey}/results.svg", params={"language": "fa"})
    assert chart.headers["Content-Language"] == PLAIN
    assert not re.search("[\u0600-\u06ff]", chart.text)


async def test_yes_and_no_are_not_in_another_language_than_their_question(place: Playground) -> None:
    """We have them in Arabic, and the question is not."""
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, asked("yes_no", "Komt u?"))
    form = (await place.client().get(f"{PUBLIC}/{survey}", params={"language": "ar"})).json()
    words = [one["text"] for one in form["questions"][0]["options"]]
    assert (form["language"], words) == (
        PLAIN,
        [{"text": "Ja", "language": PLAIN}, {"text": "Nee", "language": PLAIN}],
    )


async def published_with(staff: httpx.AsyncClient, survey: str, *choices: str) -> None:
    """Each choice on a ballot of its own, given at a stand."""
    for choice in choices:
        body = await a_ballot(staff, survey, [choice])
        answer = await staff.post(f"/surveys/v1/surveys/{survey}/stand-ballots", json=body)
        assert answer.status_code == 201
    for move in ("closing", "publication"):
        await done(staff, f"/surveys/v1/surveys/{survey}/{move}")


async def test_staff_see_which_texts_are_not_translated(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await a_survey(staff, **BODY)
    missing = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["missing"]
    assert [one["field"] for one in missing] == ["/questions/0", "/questions/0/options/1"]


async def test_nobody_reads_a_draft_but_staff(place: Playground) -> None:
    survey = await a_survey(place.client(Role.STAFF))
    resident = await place.client(Role.RESIDENT).get(f"/surveys/v1/surveys/{survey}/form")
    assert [(await place.client().get(f"{PUBLIC}/{survey}")).status_code, resident.status_code] == [404, 404]


async def test_a_draft_is_changed_by_whoever_read_its_last_version(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await a_survey(staff)
    answers = [(await edit(staff, survey)).status_code for _ in range(2)]
    assert answers == [200, 412]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": {"english": "x"}}, "/title/english/[key]"),
        ({"title": {PLAIN: ""}}, f"/title/{PLAIN}"),
        ({"questions": [asked("single_choice", "x", "only one")]}, "/questions/0/options"),
        ({"questions": [asked("multiple_choice", "x", "a", "b", at_most=3)]}, "/questions/0/at_most"),
        ({"closes_at": "0001-01-01T00:00:00+14:00"}, "/closes_at"),
        ({"closes_at": "2018-11-30T23:00:00"}, "/closes_at"),
        ({"tie_rule": "whoever shouts loudest"}, "/tie_rule"),
    ],
)
async def test_a_draft_that_cannot_be_names_the_field(
    place: Playground, change: dict[str, Any], field: str
) -> None:
    staff = place.client(Role.STAFF)
    answer = await edit(staff, await a_survey(staff), **change)
    assert (answer.status_code in (400, 422), fields(answer)) == (True, [field])


async def test_a_survey_that_is_open_shows_staff_how_many_answered_and_not_what(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, voting="stand")
    body = await a_ballot(place.client(), survey, ["Thee"])
    await place.client(Role.GUIDE).post(f"/surveys/v1/surveys/{survey}/stand-ballots", json=body)
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["ballots"] == 1
    for path in ("results", "ideas"):
        answer = await staff.get(f"/surveys/v1/surveys/{survey}/{path}")
        assert (answer.status_code, problem(answer)) == (409, "not-counted")


async def test_ideas_are_for_staff_in_an_order_that_tells_nothing(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), place.client(Role.RESIDENT)
    survey = await an_open_survey(staff, asked("open_idea", "Wat kan beter?"), voting="stand")
    written = [f"Idee {number}" for number in range(8)]
    for words in written:
        body = await a_ballot(resident, survey, words)
        await staff.post(f"/surveys/v1/surveys/{survey}/stand-ballots", json=body)
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    ideas = (await staff.get(f"/surveys/v1/surveys/{survey}/ideas")).json()["items"]
    assert sorted(one["text"] for one in ideas) == written
    assert [one["id"] for one in ideas] == sorted(one["id"] for one in ideas)
    assert (await resident.get(f"/surveys/v1/surveys/{survey}/ideas")).status_code == 403


async def test_a_code_that_is_mistyped_unknown_or_of_another_survey(place: Playground) -> None:
    staff, visitor = place.client(Role.STAFF), place.client()
    survey, other = await an_open_survey(staff), await an_open_survey(staff)
    [foreign] = await codes_for(staff, other)
    answers = []
    for code in (foreign, "0000-0000-0000-0000", foreign[:-1] + ("0" if foreign[-1] != "0" else "1")):
        body = await a_ballot(visitor, survey, ["Koffie"], code=code)
        answers.append(await visitor.post(f"{PUBLIC}/{survey}/ballots", json=body))
    assert [(problem(one), fields(one)) for one in answers] == [
        ("unknown-code", ["/code"]),
        ("unknown-code", ["/code"]),
        ("mistyped-code", ["/code"]),
    ]


async def test_staff_type_in_a_card_once(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    answers = []
    for card in ("a-12", "A-12"):
        body = await a_ballot(place.client(), survey, ["Koffie"], card=card, channel="paper")
        answers.append(await staff.post(f"/surveys/v1/surveys/{survey}/typed-ballots", json=body))
    assert [one.status_code for one in answers] == [201, 409]


@pytest.mark.parametrize("proof", [{}, {"card": "7", "code": "0000-0000-0000-0000"}])
async def test_a_typed_ballot_comes_with_one_proof(place: Playground, proof: dict[str, str]) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    body = await a_ballot(place.client(), survey, ["Koffie"], channel="door", **proof)
    answer = await staff.post(f"/surveys/v1/surveys/{survey}/typed-ballots", json=body)
    assert (answer.status_code, fields(answer)) == (422, ["/card"])


async def test_a_random_name_that_is_not_random_is_refused(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, voting="stand")
    body = await a_ballot(place.client(), survey, ["Koffie"], retry="01a204c1-fe22-7520-b7a9-199f15c86465")
    answer = await staff.post(f"/surveys/v1/surveys/{survey}/stand-ballots", json=body)
    assert (answer.status_code, fields(answer)) == (400, ["/retry"])


async def test_letters_are_a_pdf_with_a_page_for_each_household(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    body = {"count": 3, "site": "https://buurtthuis.example/enquete", "house": "Wingerd", "contact": "0182 1"}
    answer = await staff.post(f"/surveys/v1/surveys/{await a_survey(staff)}/codes.pdf", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    assert len(re.findall(rb"/Type /Page\b", answer.content)) == 3


async def test_a_code_in_a_link_is_where_no_server_sees_it(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    body = {"count": 1, "site": "https://buurtthuis.example/enquete"}
    answer = await staff.post(f"/surveys/v1/surveys/{await a_survey(staff)}/codes.csv", json=body)
    _, row = answer.text.splitlines()
    code, link = row.split(";")
    assert link == f"https://buurtthuis.example/enquete#{code}"


@pytest.mark.parametrize("page", ["results", "results.svg"])
async def test_published_results_may_be_kept_by_everybody(place: Playground, page: str) -> None:
    survey, visitor = await a_published_survey(place.client(Role.STAFF)), place.client()
    first = await visitor.get(f"{PUBLIC}/{survey}/{page}")
    assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=3600")
    again = await visitor.get(f"{PUBLIC}/{survey}/{page}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_results_are_nobodys_but_staffs_before_they_are_published(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    assert (await staff.get(f"/surveys/v1/surveys/{survey}/results")).status_code == 200
    assert (await place.client().get(f"{PUBLIC}/{survey}/results")).status_code == 404


async def test_a_chart_says_in_words_what_it_shows_and_runs_nothing(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(
        staff, asked("single_choice", "<script>?", "Koffie & koek", "Thee", top=1), voting="stand"
    )
    await published_with(staff, survey, *5 * ["Koffie & koek"])
    chart = (await place.client().get(f"{PUBLIC}/{survey}/results.svg")).text
    assert "<script" not in chart
    assert re.search(r"<desc[^>]*>.*Koffie &amp; koek: 5 \(100 %\) ★ \(eerste plaats\)", chart)
    # title and number of ballots; the question and its answers; two for each option; a legend of two lines
    assert chart.count("<text") == 2 + 2 + 2 * 2 + 2


async def test_a_chart_in_arabic_begins_on_the_right_and_says_everything_in_arabic(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    words = {"Wat?": "ماذا؟", "Koffie": "قهوة", "Thee": "شاي"}
    question = asked("single_choice", *words, top=1)
    for texts in (question["texts"], *(option["texts"] for option in question["options"])):
        texts["ar"] = words[texts[PLAIN]]
    survey = await an_open_survey(
        staff, question, voting="stand", languages=["ar"], title={PLAIN: "Enquête", "ar": "استبيان"}
    )
    await published_with(staff, survey, *5 * ["Koffie"])
    chart = (await place.client().get(f"{PUBLIC}/{survey}/results.svg", params={"language": "ar"})).text
    assert re.search(r'<svg [^>]*lang="ar" direction="rtl"', chart)
    assert set(re.findall(r'<text x="([0-9.]+)"', chart)) == {"624", "116.0", "616.0"}
    assert not re.search(r">[^<]*[A-Za-z][^<]*<", chart)


async def test_of_a_question_that_few_answered_everybody_reads_only_what_came_out_on_top(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(
        staff, asked("single_choice", "Wat?", "Koffie", "Thee", top=1), voting="stand"
    )
    await published_with(staff, survey, *4 * ["Koffie"])
    shown = (await place.client().get(f"{PUBLIC}/{survey}/results")).json()["questions"][0]
    first = shown["options"][0]
    assert (shown["marks"], first["marks"], first["score"], first["percent"], first["in_top"]) == (
        None,
        None,
        None,
        None,
        True,
    )
    counted = (await staff.get(f"/surveys/v1/surveys/{survey}/results")).json()["questions"][0]
    assert counted["options"][0]["marks"] == 4


async def test_who_shares_a_place_is_said_to_share_it(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, asked("single_choice", "Wat?", *"abc"), voting="stand")
    await published_with(staff, survey, *"aaabbcc")
    options = (await place.client().get(f"{PUBLIC}/{survey}/results")).json()["questions"][0]["options"]
    assert [(one["place"], one["shared"], one["place_in_words"]["text"]) for one in options] == [
        (1, False, "eerste plaats"),
        (2, True, "gedeelde tweede plaats"),
        (2, True, "gedeelde tweede plaats"),
    ]


async def test_a_scale_is_read_from_one_end_to_the_other_with_its_average(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, asked("scale", "Hoe veilig?"), voting="stand")
    await published_with(staff, survey, *"54535")
    question = (await place.client().get(f"{PUBLIC}/{survey}/results")).json()["questions"][0]
    assert [one["text"]["text"] for one in question["options"]] == ["1", "2", "3", "4", "5"]
    assert (question["average"], question["options"][4]["percent"]) == (4.4, 60.0)


async def test_lots_can_be_checked_by_anybody(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, tie_rule="draw_lots", voting="stand")
    for choice in ("Koffie", "Thee"):
        body = await a_ballot(staff, survey, [choice])
        await staff.post(f"/surveys/v1/surveys/{survey}/stand-ballots", json=body)
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    assert (await staff.get(f"/surveys/v1/surveys/{survey}/results")).json()["draw"] is None
    await done(staff, f"/surveys/v1/surveys/{survey}/publication")
    results = (await place.client().get(f"{PUBLIC}/{survey}/results")).json()
    await place.settled()
    opened = next(one for one in await place.events("surveys") if "survey-opened" in one["type"])
    assert results["draw"]["commitment"] == opened["data"]["commitment"]
    assert sum(one["in_top"] for one in results["questions"][0]["options"]) == 1


async def test_a_copy_is_a_draft_in_another_house(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    survey = await a_published_survey(staff)
    copy = await staff.post(f"/surveys/v1/surveys/{survey}/copies", json={"house_id": house})
    read = (await staff.get(copy.headers["location"])).json()
    assert (read["state"], read["house_id"]) == ("draft", house)


async def test_a_list_can_be_of_one_house_and_one_state(emptied: Playground) -> None:
    staff = emptied.client(Role.STAFF)
    draft, opened = await a_survey(staff), await an_open_survey(staff)
    house = (await staff.get(f"/surveys/v1/surveys/{draft}")).json()["house_id"]
    for query, found in (({"house": house}, draft), ({"state": "open"}, opened)):
        page = (await staff.get("/surveys/v1/surveys", params=query)).json()
        assert [one["id"] for one in page["items"]] == [found]


async def test_residents_find_the_surveys_that_are_no_drafts(emptied: Playground) -> None:
    staff, resident = emptied.client(Role.STAFF), emptied.client(Role.RESIDENT)
    shown, _ = await an_open_survey(staff), await a_survey(staff)
    found = (await resident.get("/surveys/v1/surveys/forms")).json()["items"]
    assert [one["id"] for one in found] == [shown]


async def test_results_are_a_sheet_too(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await a_published_survey(staff)
    sheet = await staff.get(f"/surveys/v1/surveys/{survey}/results/export")
    assert sheet.content.decode("utf-8-sig").splitlines()[:2] == [
        "question;option;marks;score;place;in_top;question_was;option_was",
        "Koffie of thee?;Koffie;0;0;1;False;;",
    ]


async def test_ideas_are_a_file_too_in_which_no_cell_is_a_formula(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, asked("open_idea", "Wat wilt u?"))
    [code] = await codes_for(staff, survey)
    body = await a_ballot(place.client(), survey, "=1+1", code=code)
    answer = await place.client().post(f"/surveys/v1/public/woonpartners/surveys/{survey}/ballots", json=body)
    assert answer.status_code == 201
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    sheet = await staff.get(f"/surveys/v1/surveys/{survey}/ideas/export")
    assert sheet.text.rstrip().endswith(";'=1+1")
    ideas = (await staff.get(f"/surveys/v1/surveys/{survey}/ideas/export", params={"format": "json"})).json()
    assert [one["text"] for one in ideas] == ["=1+1"]


async def test_what_fails_when_its_time_has_come_keeps_nothing_else_from_its_own(place: Playground) -> None:
    survey = UUID(await an_open_survey(place.client(Role.STAFF)))

    async def due(*_: object) -> list[object]:
        return [CloseSurvey(uuid4()), CloseSurvey(survey)]

    timer = Timer(due, looks_for=past_their_time, every=timedelta(hours=1))
    await place.service("surveys").timers.do_what_is_due(timer)
    shown = (await place.client(Role.STAFF).get(f"/surveys/v1/surveys/{survey}")).json()
    assert shown["state"] == "closed"
