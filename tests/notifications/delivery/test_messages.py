"""What the rules are for one message, whatever happens to it on its way."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from buurtthuis.events.notifications import DeliveryChannel, DeliveryFailed, FailureReason
from buurtthuis.events.sessions import SeatRegistered, SessionCancelled
from buurtthuis_notifications.domain.messages import (
    AT_REST,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOVES,
    TRIES,
    WAITING,
    Message,
    MessageCannotMove,
    MessageState,
    PlannedMessage,
)
from buurtthuis_notifications.domain.planning import Plan, PlanState
from buurtthuis_notifications.domain.rules import BY_EVENT, RULES, SEEN_WITHIN, Urgency, rule_named
from buurtthuis_notifications.storage.queue import ON_ARRIVAL
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.notifications.post import queued

NOW = datetime(2019, 1, 10, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)
ROADS = (DeliveryChannel.PUSH, DeliveryChannel.SMS, DeliveryChannel.EMAIL)


def a_message(urgency: Urgency = Urgency.URGENT, channel: DeliveryChannel = DeliveryChannel.PUSH) -> Message:
    return queued("session-cancelled", urgency, channel, NOW, NOW + A_DAY)


def test_planned_twice_it_is_the_same_message() -> None:
    announcement, resident = uuid4(), uuid4()
    plans = (
        Plan(PlanState.QUEUED, DeliveryChannel.SMS, NOW),
        Plan(PlanState.SUPPRESSED, None, NOW + A_DAY, "unwanted"),
    )
    one, other = (PlannedMessage(resident, "nl", plan).message_id(announcement) for plan in plans)
    assert one == other


def test_what_is_sent_keeps_neither_address_nor_secret() -> None:
    message = Message.to_address("code", DeliveryChannel.EMAIL, b"address", b"secret", "nl", NOW + A_DAY, NOW)
    message.arrive(NOW)
    assert (message.address, message.secret) == (None, None)


def test_all_that_arriving_changes_of_a_message_is_written_down() -> None:
    message = Message.to_address("code", DeliveryChannel.EMAIL, b"address", b"secret", "nl", NOW + A_DAY, NOW)
    message.lease_until, message.reason = NOW, "us: SMTP 550"
    before = dict(vars(message))
    message.arrive(NOW)
    assert {name for name, value in vars(message).items() if value != before[name]} == {*ON_ARRIVAL}


def test_an_arrival_that_could_not_be_written_down_is_said_again() -> None:
    message = a_message()
    message.arrive(NOW)
    message.arrive(NOW + timedelta(seconds=5))
    assert (message.state, message.sent_at) == (MessageState.SENT, NOW + timedelta(seconds=5))


@pytest.mark.parametrize("attempts", range(1, TRIES[Urgency.NORMAL]))
def test_between_tries_it_waits_longer_and_never_more_than_an_hour(attempts: int) -> None:
    message = a_message(Urgency.NORMAL)
    message.attempts = attempts
    message.try_later(NOW)
    assert FIRST_PAUSE <= message.due_at - NOW <= LONGEST_PAUSE


def test_a_road_that_asks_for_time_gets_it() -> None:
    message = a_message()
    message.attempts = 1
    message.try_later(NOW, timedelta(minutes=20))
    assert message.due_at == NOW + timedelta(minutes=20)


@pytest.mark.parametrize("urgency", Urgency)
def test_one_road_is_not_tried_for_ever(urgency: Urgency) -> None:
    message = a_message(urgency)
    message.attempts = TRIES[urgency]
    assert not message.try_later(NOW)


def tried_for(urgency: Urgency) -> timedelta:
    """How long it takes until a road that never works is left for another one."""
    message, now = a_message(urgency), NOW
    message.attempts, message.expires_at = 1, NOW + 14 * A_DAY
    while message.try_later(now):
        now, message.attempts = message.due_at, message.attempts + 1
    return now - NOW


def test_a_night_without_a_mail_server_loses_no_ordinary_message() -> None:
    assert tried_for(Urgency.NORMAL) > timedelta(hours=20)


@pytest.mark.parametrize("urgency", SEEN_WITHIN)
def test_what_has_to_be_seen_soon_does_not_wait_longer_for_a_road_that_is_away(urgency: Urgency) -> None:
    assert tried_for(urgency) <= SEEN_WITHIN[urgency]


def test_a_message_that_fails_says_so_once() -> None:
    message = a_message()
    [failed] = message.fail(FailureReason.GONE)
    assert isinstance(failed, DeliveryFailed)
    with pytest.raises(MessageCannotMove):
        message.fail(FailureReason.GONE)


@pytest.mark.parametrize("urgency", SEEN_WITHIN)
def test_what_is_urgent_has_to_be_seen_in_time(urgency: Urgency) -> None:
    message = a_message(urgency)
    message.arrive(NOW)
    assert message.to_be_seen_by == NOW + SEEN_WITHIN[urgency]


def test_an_ordinary_message_need_not_be_seen() -> None:
    message = a_message(Urgency.NORMAL)
    message.arrive(NOW)
    assert message.to_be_seen_by is None


def test_what_was_seen_is_delivered_and_goes_nowhere_else() -> None:
    message = a_message()
    message.arrive(NOW)
    message.see(NOW)
    assert message.state is MessageState.DELIVERED
    assert message.to_be_seen_by is None


def test_what_was_read_elsewhere_is_not_sent_any_more() -> None:
    message = a_message()
    message.see(NOW)
    assert message.state is MessageState.DELIVERED


def test_a_tick_by_mistake_can_be_taken_back() -> None:
    message = a_message()
    message.hand_over(DeliveryChannel.VISIT)
    message.finish_by_hand()
    message.reopen()
    assert message.state is MessageState.BY_HAND


class MessageMachine(RuleBasedStateMachine):
    """A sender, a reader, a caretaker and the clock, each at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.message = a_message()
        self.roads: list[DeliveryChannel] = []

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(taken=st.booleans(), another=st.sampled_from([*ROADS, DeliveryChannel.VISIT, None]))
    def a_sender_takes_it(self, taken: bool, another: DeliveryChannel | None) -> None:
        message = self.message
        if message.state not in WAITING or message.due_at > self.now:
            return
        assert message.channel
        if self.now >= message.expires_at:
            message.expire()
        elif taken:
            self.roads.append(message.channel)
            message.arrive(self.now)
        else:
            message.attempts += 1
            if not message.try_later(self.now):
                self.go_on(another)

    @rule(another=st.sampled_from([*ROADS, DeliveryChannel.VISIT, None]))
    def nobody_saw_it(self, another: DeliveryChannel | None) -> None:
        due = self.message.to_be_seen_by
        if due and due <= self.now < self.message.expires_at:
            self.go_on(another)

    def go_on(self, another: DeliveryChannel | None) -> None:
        """By a road that was not taken before, as commands do."""
        tried = {*self.message.tried, self.message.channel}
        if another is None or another in tried:
            self.message.fail(FailureReason.TOO_LATE)
        elif another is DeliveryChannel.VISIT:
            self.message.hand_over(another)
        else:
            self.message.go_on_by(another, self.now)

    @rule()
    def it_is_seen(self) -> None:
        self.message.see(self.now)

    @rule()
    def it_is_true_no_more(self) -> None:
        if self.message.state in WAITING:
            self.message.cancel("not_coming")

    @rule()
    def somebody_brings_it(self) -> None:
        if self.message.state is MessageState.BY_HAND:
            self.message.finish_by_hand()

    @invariant()
    def no_road_takes_it_twice(self) -> None:
        assert len(self.roads) == len(set(self.roads))

    @invariant()
    def what_rests_is_held_by_nobody(self) -> None:
        if self.message.state in AT_REST - {MessageState.BY_HAND}:
            assert self.message.lease_until is None

    @invariant()
    def what_is_at_its_end_stays_there(self) -> None:
        if not MOVES.get(self.message.state):
            with pytest.raises(MessageCannotMove):
                self.message.hand_over(DeliveryChannel.CALL)


TestMessage = MessageMachine.TestCase


# The table of rules


def test_an_event_has_one_rule_at_most() -> None:
    events = [one.on for one in RULES if one.on]
    assert len(events) == len(set(events))


def test_rules_are_known_by_name_and_by_event() -> None:
    for one in RULES:
        assert rule_named(one.name) is one
        assert one.on is None or BY_EVENT[one.on] is one


def test_a_cancellation_is_urgent_and_near_the_start_critical() -> None:
    rule = rule_named("session-cancelled")
    off = SessionCancelled(session_id=uuid4(), house_id=uuid4(), reason="Ziek.")
    assert rule.urgency_of(off, timedelta(days=2)) is Urgency.URGENT
    assert rule.urgency_of(off, timedelta(minutes=55)) is Urgency.CRITICAL


@pytest.mark.parametrize(("given_to_them", "urgency"), [(True, Urgency.URGENT), (False, Urgency.NORMAL)])
def test_a_place_that_was_given_without_asking_is_urgent_to_know_of(
    given_to_them: bool, urgency: Urgency
) -> None:
    one = uuid4()
    seated = SeatRegistered(
        session_id=one, house_id=one, seat_id=one, resident_id=one, taken=1, waited=True, given=given_to_them
    )
    assert rule_named("seat-registered").urgency_of(seated, timedelta(hours=12)) is urgency


def test_a_field_that_a_rule_looks_at_is_the_event_s() -> None:
    assert [
        one.name for one in RULES if one.unless and one.on and one.unless not in one.on.model_fields
    ] == []
