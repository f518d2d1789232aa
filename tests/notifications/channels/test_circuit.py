"""Who refuses us, or is silent, is left alone for a while."""

import pytest
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis_notifications.channels import TryLater
from buurtthuis_notifications.channels.circuit import FIRST_PAUSE, LONGEST_PAUSE, TRIAL, Circuit
from buurtthuis_notifications.domain.rules import Urgency


class Watch:
    """Seconds, as a test says."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def circuit(watch: Watch, most: int = 3, different: int = 1) -> Circuit:
    return Circuit(DeliveryChannel.EMAIL, most=most, different=different, clock=watch)


def is_open(one: Circuit, urgency: Urgency = Urgency.URGENT) -> bool:
    try:
        one.check(urgency)
    except TryLater:
        return True
    return False


def test_a_few_that_go_wrong_open_nothing(watch: Watch) -> None:
    one = circuit(watch)
    for _ in range(2):
        one.went_wrong("a")
    assert not is_open(one)


def test_several_in_a_row_open_it(watch: Watch) -> None:
    one = circuit(watch)
    for _ in range(3):
        one.went_wrong("a")
    assert is_open(one)


def test_one_that_goes_well_among_them_counts(watch: Watch) -> None:
    one = circuit(watch)
    for _ in range(5):
        one.went_wrong("a")
        one.went_wrong("b")
        one.went_well()
    assert not is_open(one)


def test_one_domain_alone_opens_nothing_where_several_are_wanted(watch: Watch) -> None:
    one = circuit(watch, different=3)
    for _ in range(100):
        one.went_wrong("a")
    assert not is_open(one)
    for domain in ("b", "c"):
        one.went_wrong(domain)
    assert is_open(one)


def test_what_would_be_refused_whoever_it_is_for_opens_it_at_once(watch: Watch) -> None:
    one = circuit(watch)
    one.went_wrong("", whoever_it_is=True)
    assert is_open(one)


def test_what_is_critical_passes(watch: Watch) -> None:
    one = circuit(watch)
    one.went_wrong("", whoever_it_is=True)
    assert not is_open(one, Urgency.CRITICAL)


def test_after_the_pause_one_finds_out_and_the_others_wait(watch: Watch) -> None:
    one = circuit(watch)
    one.went_wrong("", whoever_it_is=True)
    watch.seconds += FIRST_PAUSE.total_seconds()
    assert [is_open(one) for _ in range(3)] == [False, True, True]
    one.went_well()
    assert not is_open(one)


def test_whoever_was_to_find_out_and_never_came_back_is_not_waited_for(watch: Watch) -> None:
    one = circuit(watch)
    one.went_wrong("", whoever_it_is=True)
    watch.seconds += FIRST_PAUSE.total_seconds()
    assert not is_open(one)
    watch.seconds += TRIAL.total_seconds()
    assert not is_open(one)


def test_each_pause_is_longer_than_the_one_before_up_to_a_limit(watch: Watch) -> None:
    one, pauses = circuit(watch), []
    one.went_wrong("", whoever_it_is=True)
    for _ in range(8):
        began = watch.seconds
        while is_open(one):
            watch.seconds += 1
        pauses.append(watch.seconds - began)
        one.went_wrong("a")
    assert pauses[:3] == [60, 120, 240]
    assert max(pauses) == LONGEST_PAUSE.total_seconds()


def test_what_is_critical_and_refused_meanwhile_makes_no_pause_longer(watch: Watch) -> None:
    one = circuit(watch)
    for _ in range(20):
        one.went_wrong("a")
        assert not is_open(one, Urgency.CRITICAL)
    watch.seconds += FIRST_PAUSE.total_seconds()
    assert not is_open(one)
