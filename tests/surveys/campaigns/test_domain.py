"""The rules of campaigns."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from buurtthuis.core.errors import Invalid, Refused
from buurtthuis_surveys.domain.campaigns import (
    MOVES,
    Campaign,
    CampaignCannotMove,
    CampaignState,
    CardsCameBetween,
    NotEnoughLeft,
    NotSoMany,
    NotStarted,
    Stand,
    StandClosed,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

WAYS = {CampaignState.RUNNING: Campaign.start, CampaignState.ENDED: Campaign.end}
TAPS = (Campaign.hand_out, Campaign.undo_hand_out, Campaign.collect, Campaign.undo_collect)
THREE = datetime(2018, 12, 14, 15)  # noqa: DTZ001  what the clock on the wall shows


def a_campaign(state: CampaignState = CampaignState.RUNNING, stock: int = 40) -> Campaign:
    campaign, _ = Campaign.plan(uuid4(), "Oliebollenactie", "Zes oliebollen", stock)
    campaign.state = state
    return campaign


@pytest.mark.parametrize("to", WAYS)
@pytest.mark.parametrize("state", CampaignState)
def test_a_campaign_moves_as_the_table_says(state: CampaignState, to: CampaignState) -> None:
    campaign = a_campaign(state)
    if to in MOVES.get(state, ()):
        WAYS[to](campaign)
        assert campaign.state is to
    else:
        with pytest.raises(CampaignCannotMove, match=f"is {state} cannot become {to}"):
            WAYS[to](campaign)


@pytest.mark.parametrize("tap", TAPS)
@pytest.mark.parametrize("state", [CampaignState.PLANNED, CampaignState.ENDED])
def test_nothing_is_counted_while_the_stand_is_closed(state: CampaignState, tap: type) -> None:
    with pytest.raises(StandClosed):
        tap(a_campaign(state), 1)


def test_the_last_bag_can_be_handed_out() -> None:
    assert a_campaign(stock=2).hand_out(2).left == 0


def test_no_more_is_handed_out_than_there_is() -> None:
    with pytest.raises(NotEnoughLeft, match="There are 2 left of 2"):
        a_campaign(stock=2).hand_out(3)


@pytest.mark.parametrize("undo", [Campaign.undo_hand_out, Campaign.undo_collect])
def test_no_more_is_undone_than_was_counted(undo: type) -> None:
    campaign = a_campaign()
    campaign.hand_out(1)
    campaign.collect(1)
    with pytest.raises(NotSoMany):
        undo(campaign, 2)


def test_more_ideas_than_bags_can_be_collected() -> None:
    assert a_campaign(stock=1).collect(47).collected == 47


def test_a_campaign_ends_with_a_summary() -> None:
    campaign = a_campaign()
    campaign.collect(47)
    campaign.hand_out(34)
    event = campaign.end()
    assert (event.ideas, event.handed_out, event.left) == (47, 34, 6)


def test_cards_that_nobody_counted_at_the_stand_are_ideas_too() -> None:
    campaign = a_campaign()
    campaign.collect(1)
    campaign.enter(3)
    assert campaign.end().ideas == 3


def test_cards_are_entered_after_the_campaign_too() -> None:
    campaign = a_campaign(CampaignState.ENDED)
    campaign.enter(3, after=0)
    assert campaign.entered == 3


def test_there_are_no_cards_before_it_starts() -> None:
    with pytest.raises(NotStarted):
        a_campaign(CampaignState.PLANNED).enter(1)


def test_whoever_looked_before_others_entered_looks_again() -> None:
    campaign = a_campaign()
    campaign.enter(1)
    with pytest.raises(CardsCameBetween):
        campaign.enter(1, after=0)


@pytest.mark.parametrize("minutes", [0, -1])
def test_a_stand_closes_after_it_opens(minutes: int) -> None:
    with pytest.raises(Invalid):
        Stand("Hal", THREE, THREE + timedelta(minutes=minutes))


class AtTheStand(RuleBasedStateMachine):
    """However people tap: nothing goes below zero or past the stock, and nothing is lost."""

    @initialize(stock=st.integers(0, 5))
    def plan(self, stock: int) -> None:
        self.campaign = a_campaign(CampaignState.PLANNED, stock)
        self.collected = self.handed_out = 0

    @rule()
    def start(self) -> None:
        with suppress(Refused):
            self.campaign.start()

    @rule(count=st.integers(1, 3))
    def hand_out(self, count: int) -> None:
        with suppress(Refused):
            self.campaign.hand_out(count)
            self.handed_out += count

    @rule(count=st.integers(1, 3))
    def undo_hand_out(self, count: int) -> None:
        with suppress(Refused):
            self.campaign.undo_hand_out(count)
            self.handed_out -= count

    @rule(count=st.integers(1, 3))
    def collect(self, count: int) -> None:
        with suppress(Refused):
            self.campaign.collect(count)
            self.collected += count

    @rule(count=st.integers(1, 3))
    def undo_collect(self, count: int) -> None:
        with suppress(Refused):
            self.campaign.undo_collect(count)
            self.collected -= count

    @rule()
    def end(self) -> None:
        with suppress(Refused):
            said = self.campaign.end()
            assert (said.ideas, said.handed_out) == (self.collected, self.handed_out)

    @invariant()
    def the_stock_is_what_is_left_and_what_was_handed_out(self) -> None:
        assert 0 <= self.handed_out == self.campaign.handed_out <= self.campaign.stock
        assert self.campaign.left == self.campaign.stock - self.handed_out

    @invariant()
    def what_is_collected_is_counted_apart(self) -> None:
        assert 0 <= self.collected == self.campaign.collected


TestAtTheStand = AtTheStand.TestCase
