"""What the rules are for webhooks, and what is noted about them, in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events import Audience, Event
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_notifications.app import service
from buurtthuis_notifications.commands.webhooks import (
    DeleteWebhook,
    LeaseWebhook,
    NoteAttempt,
    PassBy,
    RegisterWebhook,
    Sending,
)
from buurtthuis_notifications.domain.webhooks import (
    AT_MOST,
    BOTH_SECRETS,
    GIVE_UP,
    LEASE,
    LONGEST_PAUSE,
    MOVES,
    Told,
    TooManyWebhooks,
    Webhook,
    WebhookAttempt,
    WebhookCannotMove,
    WebhookState,
    offered,
    pause_after,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

NOW = datetime(2018, 12, 1, 12, tzinfo=UTC)
US = "notifications"
TYPE = "nl.buurtthuis.sessions.session-scheduled.v1"


def a_webhook(**more: object) -> Webhook:
    webhook = Webhook.register(
        "https://systeem.example.nl", (TYPE,), b"secret", {"sessions": Told(7, "seventh")}, NOW
    )
    for name, value in more.items():
        setattr(webhook, name, value)
    return webhook


def test_a_new_webhook_begins_where_everybody_is() -> None:
    assert a_webhook().cursors == {"sessions": 7}


@given(st.lists(st.integers(1, 50), max_size=25), st.integers(0, 5000))
def test_a_webhook_goes_back_to_what_it_passed_and_at_most_about_four_times_as_far_as_it_must(
    steps: list[int], lost: int
) -> None:
    webhook, passed = a_webhook(), [7]
    for step in steps:
        passed.append(passed[-1] + step)
        webhook.pass_by("sessions", Told(passed[-1], str(passed[-1])))
    left = [position for position in passed if position <= passed[-1] - lost]
    trail = [told.position for told in webhook.trails["sessions"]]
    assert set(trail) <= set(passed)
    assert len(trail) <= 2 + passed[-1].bit_length()
    agreed = max((position for position in trail if left and position <= left[-1]), default=0)
    if left:
        assert passed[-1] - agreed <= 4 * (passed[-1] - left[-1]) + 1
    webhook.go_back("sessions", agreed)
    assert webhook.last_told("sessions").position == webhook.cursors["sessions"] == agreed


def test_where_nothing_of_what_it_passed_is_there_any_more_it_begins_at_the_beginning() -> None:
    webhook = a_webhook()
    webhook.go_back("sessions", 0)
    assert webhook.last_told("sessions") == Told(0, None)


def test_one_of_which_it_is_not_known_which_event_it_passed_goes_on_by_position() -> None:
    webhook = Webhook.register("https://systeem.example.nl", (TYPE,), b"", {"sessions": Told(7, None)}, NOW)
    assert (webhook.last_told("sessions"), webhook.trails) == (Told(7, None), {"sessions": ()})


def test_both_secrets_sign_for_a_day() -> None:
    webhook = a_webhook()
    webhook.rotate(b"other", NOW)
    assert webhook.secrets(NOW + BOTH_SECRETS - timedelta(seconds=1)) == (b"other", b"secret")


def test_after_a_day_only_the_new_secret_signs() -> None:
    webhook = a_webhook()
    webhook.rotate(b"other", NOW)
    assert webhook.secrets(NOW + BOTH_SECRETS) == (b"other",)


def test_two_senders_do_not_have_it_at_once() -> None:
    webhook = a_webhook()
    assert [webhook.lend(uuid4(), NOW), webhook.lend(uuid4(), NOW)] == [True, False]


def test_a_sender_that_is_silent_loses_it() -> None:
    webhook, late = a_webhook(), uuid4()
    webhook.lend(uuid4(), NOW)
    assert webhook.lend(late, NOW + LEASE)
    assert webhook.holds(late)


def test_a_sender_that_lost_it_cannot_give_it_back() -> None:
    webhook, late = a_webhook(), uuid4()
    early = uuid4()
    webhook.lend(early, NOW)
    webhook.lend(late, NOW + LEASE)
    webhook.give_back(early)
    assert webhook.holds(late)


def test_what_failed_is_left_alone_for_a_while() -> None:
    webhook = a_webhook()
    webhook.did_not_take(NOW)
    assert not webhook.lend(uuid4(), NOW + timedelta(seconds=14))


def test_a_ping_does_not_wait_for_that() -> None:
    webhook = a_webhook()
    webhook.did_not_take(NOW)
    webhook.ask_for_ping()
    assert webhook.lend(uuid4(), NOW)


def test_a_webhook_that_is_paused_is_lent_to_nobody() -> None:
    webhook = a_webhook()
    webhook.pause()
    assert not webhook.lend(uuid4(), NOW)


def test_after_three_days_of_failure_it_is_switched_off_and_that_is_said() -> None:
    webhook = a_webhook()
    webhook.did_not_take(NOW)
    assert webhook.did_not_take(NOW + GIVE_UP - timedelta(seconds=1)) == []
    [said] = webhook.did_not_take(NOW + GIVE_UP)
    assert (said.webhook_id, webhook.state) == (webhook.id, WebhookState.OFF)


def test_one_success_begins_the_three_days_anew() -> None:
    webhook = a_webhook()
    webhook.did_not_take(NOW)
    webhook.took(NOW + timedelta(days=2))
    webhook.did_not_take(NOW + timedelta(days=2))
    assert webhook.did_not_take(NOW + GIVE_UP) == []


def test_who_wants_no_more_is_switched_off_at_once() -> None:
    webhook = a_webhook()
    assert webhook.did_not_take(NOW, for_good=True)


def test_what_is_resumed_has_its_three_days_again() -> None:
    webhook = a_webhook()
    webhook.did_not_take(NOW, for_good=True)
    webhook.resume(NOW + GIVE_UP)
    assert webhook.did_not_take(NOW + GIVE_UP) == []


@given(st.integers(1, 10_000))
def test_pauses_never_become_shorter_nor_endless(failures: int) -> None:
    assert pause_after(failures) <= pause_after(failures + 1) <= LONGEST_PAUSE


def test_nobody_is_offered_what_only_our_services_may_know() -> None:
    types = offered(frozenset({"notifications", "sessions", "surveys"}))
    assert types
    assert {Event.known[one].audience for one in types} <= set(Audience) - {Audience.SYSTEM}


def test_only_what_these_services_say_is_offered() -> None:
    assert {Event.known[one].producer() for one in offered(frozenset({"surveys"}))} == {"surveys"}


class Senders(RuleBasedStateMachine):
    """Senders come, are silent, and come back; staff pause and resume; time passes."""

    senders = Bundle("senders")

    @initialize()
    def register(self) -> None:
        self.now, self.webhook, self.reached = NOW, a_webhook(), 7

    @rule(target=senders)
    def ask(self) -> UUID:
        lease = uuid4()
        self.webhook.lend(lease, self.now)
        return lease

    @rule(sender=senders, position=st.integers(0, 100))
    def tell(self, sender: UUID, position: int) -> None:
        if self.webhook.holds(sender):
            self.webhook.took(self.now)
            self.webhook.pass_by("sessions", Told(position, str(position)))

    @rule(sender=senders)
    def fail(self, sender: UUID) -> None:
        if self.webhook.holds(sender):
            self.webhook.did_not_take(self.now)

    @rule(sender=senders)
    def give_back(self, sender: UUID) -> None:
        self.webhook.give_back(sender)

    @rule(to=st.sampled_from(["pause", "resume"]))
    def move(self, to: str) -> None:
        state = WebhookState.PAUSED if to == "pause" else WebhookState.ON
        if state in MOVES[self.webhook.state]:
            self.webhook.pause() if to == "pause" else self.webhook.resume(self.now)
        else:
            with pytest.raises(WebhookCannotMove):
                self.webhook.pause() if to == "pause" else self.webhook.resume(self.now)

    @rule(hours=st.integers(0, 30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def it_never_goes_back(self) -> None:
        if hasattr(self, "webhook"):
            assert self.webhook.cursors["sessions"] >= self.reached
            self.reached = self.webhook.cursors["sessions"]

    @invariant()
    def nobody_holds_what_is_not_on(self) -> None:
        if hasattr(self, "webhook") and self.webhook.state is not WebhookState.ON:
            assert self.webhook.lease is None


TestSenders = Senders.TestCase


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(service, clock=clock)


async def registered(backbone: FakeBackbone) -> UUID:
    receipt = await backbone.run(
        US,
        RegisterWebhook("https://systeem.example.nl", (TYPE,), b"secret", {"sessions": Told(7, "seventh")}),
    )
    return receipt.id


async def leased(backbone: FakeBackbone, webhook: UUID) -> UUID:
    lease = uuid4()
    await backbone.run(US, LeaseWebhook(webhook, lease))
    return lease


async def cursor(backbone: FakeBackbone) -> int:
    [webhook] = await backbone.kept(US, Webhook)
    return webhook.cursors["sessions"]


async def attempts(backbone: FakeBackbone) -> list[Any]:
    kind: Any = WebhookAttempt
    return await backbone.kept(US, kind)


async def test_what_was_taken_is_passed_by(backbone: FakeBackbone) -> None:
    webhook = await registered(backbone)
    sending = Sending(webhook, await leased(backbone, webhook), uuid4(), TYPE, "sessions", 9)
    await backbone.run(US, NoteAttempt(sending, took=True, status=204))
    assert await cursor(backbone) == 9


async def test_what_was_not_taken_comes_again(backbone: FakeBackbone) -> None:
    webhook = await registered(backbone)
    sending = Sending(webhook, await leased(backbone, webhook), uuid4(), TYPE, "sessions", 9)
    await backbone.run(US, NoteAttempt(sending, took=False, status=500))
    assert await cursor(backbone) == 7


async def test_a_sender_that_lost_its_lease_moves_nothing(backbone: FakeBackbone, clock: Clock) -> None:
    webhook = await registered(backbone)
    late = await leased(backbone, webhook)
    clock.move(LEASE)
    await leased(backbone, webhook)
    await backbone.run(US, NoteAttempt(Sending(webhook, late, uuid4(), TYPE, "sessions", 9), took=True))
    await backbone.run(US, PassBy(webhook, late, "sessions", Told(9, "ninth")))
    assert await cursor(backbone) == 7


async def test_what_that_sender_did_is_noted_all_the_same(backbone: FakeBackbone) -> None:
    webhook = await registered(backbone)
    await backbone.run(US, NoteAttempt(Sending(webhook, uuid4(), uuid4(), TYPE, "sessions", 9), took=True))
    assert len(await attempts(backbone)) == 1


async def test_a_switch_off_is_said(backbone: FakeBackbone) -> None:
    webhook = await registered(backbone)
    sending = Sending(webhook, await leased(backbone, webhook), uuid4(), TYPE, "sessions", 9)
    await backbone.run(US, NoteAttempt(sending, took=False, status=410, for_good=True))
    [said] = await backbone.journal(US)
    assert said.data == {"webhook_id": str(webhook)}


async def test_attempts_go_with_their_webhook(backbone: FakeBackbone) -> None:
    webhook = await registered(backbone)
    await backbone.run(US, NoteAttempt(Sending(webhook, uuid4(), uuid4(), TYPE), took=True))
    await backbone.run(US, DeleteWebhook(webhook))
    assert await attempts(backbone) == []


async def test_a_corporation_has_so_many_webhooks_at_most(backbone: FakeBackbone) -> None:
    for _ in range(AT_MOST):
        await registered(backbone)
    with pytest.raises(TooManyWebhooks):
        await registered(backbone)
