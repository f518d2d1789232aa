"""What surveys does when a house ends, in memory."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.sessions import HouseEnded, Outcome
from buurtthuis.events.surveys import (
    CampaignEnded,
    IntakeChannel,
    SurveyCancelled,
    SurveyClosed,
    TieRule,
    Voting,
)
from buurtthuis.testing import Clock, FakeWork
from buurtthuis_surveys.domain.ballots import Ballot
from buurtthuis_surveys.domain.campaigns import Campaign, CampaignState
from buurtthuis_surveys.domain.surveys import Plan, Survey, SurveyState
from buurtthuis_surveys.reactions import end_what_is_open

from tests.surveys.surveys.test_domain import a_form

HOUSE, OTHER = uuid4(), uuid4()
ENDED = HouseEnded(
    house_id=HOUSE, outcome=Outcome.STOPPED, reason="Geen animo meer.", anonymise_on=date(2019, 5, 23)
)


def a_survey(state: SurveyState, house: UUID = HOUSE) -> Survey:
    survey, _ = Survey.draft(house, Plan(a_form(), Voting.CODE, TieRule.RUNOFF))
    survey.state = state
    return survey


def a_campaign(state: CampaignState, house: UUID = HOUSE) -> Campaign:
    campaign, _ = Campaign.plan(house, "Oliebollenactie", "Zes oliebollen", 40)
    campaign.state = state
    return campaign


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (SurveyState.DRAFT, SurveyState.CANCELLED, [SurveyCancelled]),
        (SurveyState.OPEN, SurveyState.CLOSED, [SurveyClosed]),
        (SurveyState.PAUSED, SurveyState.CLOSED, [SurveyClosed]),
        (SurveyState.CLOSED, SurveyState.CLOSED, []),
        (SurveyState.PUBLISHED, SurveyState.PUBLISHED, []),
        (SurveyState.CANCELLED, SurveyState.CANCELLED, []),
    ],
)
async def test_a_survey_ends_with_its_house(before: SurveyState, after: SurveyState, told: list[Any]) -> None:
    survey = a_survey(before)
    work = FakeWork(survey, now=Clock().now)
    said = await end_what_is_open(ENDED, work)
    assert ((await work.get(Survey, survey.id)).state, [type(one) for one in said]) == (after, told)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (CampaignState.PLANNED, CampaignState.PLANNED, []),
        (CampaignState.RUNNING, CampaignState.ENDED, [CampaignEnded]),
        (CampaignState.ENDED, CampaignState.ENDED, []),
    ],
)
async def test_a_running_campaign_ends_with_its_house(
    before: CampaignState, after: CampaignState, told: list[Any]
) -> None:
    campaign = a_campaign(before)
    work = FakeWork(campaign)
    said = await end_what_is_open(ENDED, work)
    assert ((await work.get(Campaign, campaign.id)).state, [type(one) for one in said]) == (after, told)


async def test_what_was_answered_before_the_end_is_counted() -> None:
    survey = a_survey(SurveyState.OPEN)
    work = FakeWork(survey)
    work.keep(*(Ballot(uuid4(), survey.id, IntakeChannel.WEB, "nl-x-b1") for _ in range(3)))
    [closed] = await end_what_is_open(ENDED, work)
    assert isinstance(closed, SurveyClosed)
    assert closed.ballots == 3


async def test_other_houses_go_on() -> None:
    survey, campaign = a_survey(SurveyState.OPEN, OTHER), a_campaign(CampaignState.RUNNING, OTHER)
    assert await end_what_is_open(ENDED, FakeWork(survey, campaign)) == []


async def test_an_end_that_is_said_again_ends_nothing_twice() -> None:
    work = FakeWork(a_survey(SurveyState.OPEN), a_campaign(CampaignState.RUNNING))
    first, second = [await end_what_is_open(ENDED, work) for _ in range(2)]
    assert (len(first), second) == (2, [])
