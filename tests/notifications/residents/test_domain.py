"""What the rules are for residents, codes, sign-ins and erasure."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import NotFound
from buurtthuis.events import Event
from buurtthuis.events.notifications import (
    DeliveryChannel,
    ResidentErasureCompleted,
    ResidentErasureOverdue,
    ResidentJoined,
    ResidentMovedOut,
)
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.codes import (
    LIFETIME,
    TRIES,
    CodeRequest,
    OneTimeCode,
    new_digits,
    new_token,
)
from buurtthuis_notifications.domain.erasures import ALARM, Erasure
from buurtthuis_notifications.domain.residents import (
    Agreed,
    LastAddress,
    NotInHouse,
    NoWayBack,
    Purpose,
    ReadingLevel,
    Resident,
)
from buurtthuis_notifications.domain.sign_ins import ANSWER_LOST, AT_ONCE, LASTS, STAYS, Following, SignIn
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

NOW = datetime(2018, 11, 12, 9, tzinfo=UTC)
HOUSE, OTHER = uuid4(), uuid4()
ROADS = frozenset(DeliveryChannel)
MOMENT = timedelta(seconds=1)


def sealed(kind: AddressKind = AddressKind.EMAIL, *digests: bytes) -> SealedAddress:
    return SealedAddress(kind, b"sealed", digests or (uuid4().bytes,))


def somebody(language: str = "nl", level: ReadingLevel = ReadingLevel.EASY) -> Resident:
    return Resident.new(language, level, NOW)


# Residents


def test_a_pseudonym_does_not_tell_when_somebody_joined() -> None:
    assert somebody().id.version == 4


def test_who_reads_easy_dutch_is_written_to_in_plain_dutch() -> None:
    assert somebody("nl", ReadingLevel.EASY).reads == "nl-x-b1"


def test_who_reads_dutch_as_usual_is_written_to_in_dutch() -> None:
    assert somebody("nl", ReadingLevel.USUAL).reads == "nl"


def test_another_language_is_the_same_at_every_level() -> None:
    assert somebody("ar", ReadingLevel.EASY).reads == "ar"


def test_who_joins_a_house_is_in_it() -> None:
    resident = somebody("tr")
    assert resident.join(HOUSE, NOW) == [
        ResidentJoined(resident_id=resident.id, house_id=HOUSE, language="tr")
    ]
    assert resident.houses == (HOUSE,)


def test_who_joins_twice_is_told_of_once() -> None:
    resident = somebody()
    resident.join(HOUSE, NOW)
    assert resident.join(HOUSE, NOW) == []


def test_somebody_can_be_in_several_houses() -> None:
    resident = somebody()
    for house in (HOUSE, OTHER):
        resident.join(house, NOW)
    assert resident.houses == (HOUSE, OTHER)


def test_who_moves_out_stays_in_other_houses() -> None:
    resident = somebody()
    for house in (HOUSE, OTHER):
        resident.join(house, NOW)
    assert resident.move_out(HOUSE, NOW) == ResidentMovedOut(resident_id=resident.id, house_id=HOUSE)
    assert resident.houses == (OTHER,)


def test_nobody_moves_out_twice() -> None:
    resident = somebody()
    resident.join(HOUSE, NOW)
    resident.move_out(HOUSE, NOW)
    with pytest.raises(NotInHouse):
        resident.move_out(HOUSE, NOW)


def test_who_moved_out_can_come_back() -> None:
    resident = somebody()
    resident.join(HOUSE, NOW)
    resident.move_out(HOUSE, NOW)
    assert resident.join(HOUSE, NOW)
    assert resident.houses == (HOUSE,)


# Addresses


def test_another_e_mail_address_replaces_the_one_before() -> None:
    resident, new = somebody(), sealed()
    resident.have(sealed(), NOW)
    resident.have(new, NOW)
    assert [one.digest for one in resident.addresses] == [new.digests[0]]


def test_several_browsers_can_show_messages() -> None:
    resident = somebody()
    for _ in range(3):
        resident.have(sealed(AddressKind.PUSH), NOW)
    assert len(resident.addresses) == 3


def test_the_same_address_is_there_once() -> None:
    resident, browser = somebody(), sealed(AddressKind.PUSH)
    resident.have(browser, NOW)
    resident.have(browser, NOW)
    assert len(resident.addresses) == 1


def test_an_address_that_failed_is_good_again_when_a_code_came_back_from_it() -> None:
    resident, email = somebody(), sealed()
    resident.have(email, NOW)
    resident.addresses[0].failed_at = NOW
    resident.have(email, NOW)
    assert [one.failed_at for one in resident.addresses] == [None]


def test_an_address_is_the_same_after_the_keys_of_the_vault_changed() -> None:
    resident = somebody()
    resident.have(sealed(AddressKind.PUSH, b"old"), NOW)
    resident.have(sealed(AddressKind.PUSH, b"new", b"old"), NOW)
    assert len(resident.addresses) == 1


def test_an_address_can_be_dropped_where_another_is_left() -> None:
    resident = somebody()
    resident.have(sealed(), NOW)
    resident.have(sealed(AddressKind.MOBILE), NOW)
    resident.drop(resident.addresses[0].id, ROADS)
    assert [one.kind for one in resident.addresses] == [AddressKind.MOBILE]


def test_the_last_address_stays() -> None:
    resident = somebody()
    resident.have(sealed(), NOW)
    with pytest.raises(LastAddress):
        resident.drop(resident.addresses[0].id, ROADS)


@pytest.mark.parametrize("other", [AddressKind.PUSH, AddressKind.DOOR])
def test_the_last_address_that_a_code_can_come_to_stays(other: AddressKind) -> None:
    """Who has a browser alone is out for good, once that is gone."""
    resident = somebody()
    resident.have(sealed(), NOW)
    resident.have(sealed(other), NOW)
    with pytest.raises(NoWayBack):
        resident.drop(resident.addresses[0].id, ROADS)
    resident.drop(resident.addresses[1].id, ROADS)
    assert [one.kind for one in resident.addresses] == [AddressKind.EMAIL]


def test_a_number_is_no_way_back_where_no_sms_goes_out() -> None:
    resident = somebody()
    resident.have(sealed(), NOW)
    resident.have(sealed(AddressKind.MOBILE), NOW)
    with pytest.raises(NoWayBack):
        resident.drop(resident.addresses[0].id, ROADS - {DeliveryChannel.SMS})


def test_an_address_where_nothing_arrives_is_no_way_back_for_who_has_another() -> None:
    resident = somebody()
    resident.have(sealed(), NOW)
    resident.have(sealed(AddressKind.MOBILE), NOW)
    email, mobile = resident.addresses
    email.fail("5.1.1", NOW)
    with pytest.raises(NoWayBack):
        resident.drop(mobile.id, ROADS)
    resident.drop(email.id, ROADS)


def test_whom_staff_registered_at_the_door_can_be_without_a_mailbox_again() -> None:
    """Staff know where they live; they wanted letters before they wanted mail."""
    resident = somebody()
    resident.have(sealed(AddressKind.DOOR), NOW)
    resident.agree([YES], NOW, by_staff=True)
    resident.have(sealed(), NOW)
    resident.have(sealed(AddressKind.PUSH), NOW)
    resident.drop(resident.addresses[1].id, ROADS)
    with pytest.raises(NoWayBack):
        resident.drop(resident.addresses[0].id, ROADS)


def test_who_has_browsers_alone_by_now_can_let_go_of_one() -> None:
    resident = somebody()
    for _ in range(2):
        resident.have(sealed(AddressKind.PUSH), NOW)
    resident.drop(resident.addresses[0].id, ROADS)
    with pytest.raises(LastAddress):
        resident.drop(resident.addresses[0].id, ROADS)


def test_an_address_of_somebody_else_cannot_be_dropped() -> None:
    resident = somebody()
    resident.have(sealed(), NOW)
    with pytest.raises(NotFound):
        resident.drop(uuid4(), ROADS)


# Consent

YES = Agreed(Purpose.MESSAGES, "Ik wil bericht krijgen.")


def test_consent_is_kept_with_its_moment_and_its_words() -> None:
    resident = somebody()
    resident.agree([YES], NOW)
    [consent] = resident.consents
    assert (consent.given_at, consent.wording, consent.by_staff) == (NOW, YES.wording, False)


def test_consent_that_staff_wrote_down_says_so() -> None:
    resident = somebody()
    resident.agree([YES], NOW, by_staff=True)
    assert resident.consents[0].by_staff


def test_the_same_words_are_agreed_to_once() -> None:
    resident = somebody()
    resident.agree([YES], NOW)
    resident.agree([YES], NOW)
    assert len(resident.consents) == 1


def test_other_words_replace_those_before_and_both_stay_on_record() -> None:
    resident = somebody()
    resident.agree([YES], NOW)
    resident.agree([Agreed(Purpose.MESSAGES, "Anders.")], NOW + MOMENT)
    assert [one.withdrawn_at for one in resident.consents] == [NOW + MOMENT, None]


def test_consent_that_is_taken_back_stays_on_record() -> None:
    resident = somebody()
    resident.agree([YES], NOW)
    resident.disagree(Purpose.MESSAGES, NOW + MOMENT)
    assert not resident.agrees(Purpose.MESSAGES)
    assert resident.consents[0].withdrawn_at == NOW + MOMENT


def test_one_purpose_says_nothing_of_another() -> None:
    resident = somebody()
    resident.agree([YES], NOW)
    assert not resident.agrees(Purpose.VISITS)


# Codes


def a_code(link: bytes = b"link", digits: bytes = b"digits") -> OneTimeCode:
    wish = CodeRequest(HOUSE, "nl", ReadingLevel.EASY)
    return OneTimeCode(uuid4(), AddressKind.EMAIL, b"", (b"address",), link, digits, wish, NOW + LIFETIME)


def test_a_link_holds_256_random_bits() -> None:
    assert len(new_token()) == 43


def test_digits_are_six_with_their_zeros() -> None:
    assert all(len(new_digits()) == 6 for _ in range(200))


@pytest.mark.parametrize("trace", [b"link", b"digits"])
def test_a_code_is_good_by_its_link_and_by_its_digits(trace: bytes) -> None:
    assert a_code().try_with([trace], NOW)


def test_another_code_is_not_good() -> None:
    assert not a_code().try_with([b"other"], NOW)


def test_a_code_is_good_until_its_time_is_over() -> None:
    assert a_code().try_with([b"link"], NOW + LIFETIME - MOMENT)
    assert not a_code().try_with([b"link"], NOW + LIFETIME)


def test_a_code_that_was_used_is_good_no_more() -> None:
    code = a_code()
    code.use_up(NOW)
    assert not code.try_with([b"link"], NOW)


def test_after_a_few_wrong_tries_the_right_code_is_wrong_too() -> None:
    code = a_code()
    for _ in range(TRIES):
        code.try_with([b"other"], NOW)
    assert not code.try_with([b"digits"], NOW)


def test_a_link_is_good_however_often_digits_were_tried() -> None:
    code = a_code()
    for _ in range(TRIES + 1):
        code.try_with([b"other"], NOW)
    assert code.try_with([b"link"], NOW)


def test_the_last_try_may_be_the_right_one() -> None:
    code = a_code()
    for _ in range(TRIES - 1):
        code.try_with([b"other"], NOW)
    assert code.try_with([b"digits"], NOW)


# Signing in


class SignInMachine(RuleBasedStateMachine):
    """A device, a thief and somebody who makes tokens up. Of two who hold the same token, none stays for long."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.tokens = [b"0"]
        self.sign_in = SignIn.begin(uuid4(), uuid4(), b"0", NOW)
        self.replaced_at: list[datetime] = []
        self.lost: list[bytes] = []

    @rule(seconds=st.integers(0, 12))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_device_comes_back(self) -> None:
        live, brought = self.sign_in.live, self.tokens[-1]
        assert self.renew(brought) is live
        if live:
            self.tokens, self.replaced_at = [*self.tokens, after(brought)], [*self.replaced_at, self.now]

    @rule(data=st.data())
    def somebody_brings_one_that_was_replaced(self, data: st.DataObject) -> None:
        """A tab that is behind, by however many renewals, within half a minute. Whoever comes later never got the answer, or has
        it from somebody."""
        if self.replaced_at and self.sign_in.live:
            which = data.draw(st.integers(0, len(self.replaced_at) - 1))
            behind = len(self.replaced_at) - which
            soon = self.now < self.replaced_at[which] + ANSWER_LOST and behind <= AT_ONCE
            assert self.renew(self.tokens[which]) is self.sign_in.live is (soon or behind == 1)
            if behind == 1 and not soon:
                self.lost.append(self.tokens[-1])
                self.tokens[-1], self.replaced_at[-1] = self.sign_in.digest, self.now

    @rule(data=st.data())
    def what_was_lost_arrived_after_all(self, data: st.DataObject) -> None:
        if self.lost:
            assert not self.renew(data.draw(st.sampled_from(self.lost)))
            assert not self.sign_in.live

    @rule(made_up=st.binary().map(lambda letters: b"made up " + letters))
    def somebody_makes_one_up(self, made_up: bytes) -> None:
        live = self.sign_in.live
        assert not self.sign_in.renew(made_up, follows(b"whatever"), self.now, ours=False)
        assert not self.sign_in.end_with(made_up, self.now, ours=False)
        assert self.sign_in.live is live

    def renew(self, token: bytes) -> bool:
        following = follows(after(token), instead=b"%d" % (1000 * len(self.lost) + 1000))
        return self.sign_in.renew(token, following, self.now, ours=True)

    @invariant()
    def only_the_newest_token_is_the_next(self) -> None:
        assert self.sign_in.digest == self.tokens[-1]

    @invariant()
    def no_more_is_kept_than_can_be_of_use(self) -> None:
        assert len(self.sign_in.earlier) < AT_ONCE


def after(token: bytes) -> bytes:
    return b"%d" % (int(token) + 1)


def follows(digest: bytes, instead: bytes = b"instead") -> Following:
    return Following(digest, instead, uuid4())


TestSignIn = SignInMachine.TestCase


def test_who_stays_away_has_to_sign_in_again() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    assert not sign_in.renew(b"first", follows(b"second"), NOW + STAYS, ours=True)


def test_who_never_stays_away_has_to_sign_in_again_twice_a_year() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"0", NOW)
    for month in range(1, 6):
        assert sign_in.renew(b"%d" % (month - 1), follows(b"%d" % month), NOW + month * LASTS / 6, ours=True)
    assert not sign_in.renew(b"5", follows(b"6"), NOW + LASTS, ours=True)


def test_who_signed_out_is_out() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    sign_in.end(NOW)
    assert not sign_in.renew(b"first", follows(b"second"), NOW, ours=True)


def test_a_device_signs_out_also_with_a_token_that_was_replaced_meanwhile() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    sign_in.renew(b"first", follows(b"second"), NOW, ours=True)
    assert sign_in.end_with(b"first", NOW, ours=True)
    assert not sign_in.live
    assert not sign_in.end_with(b"first", NOW, ours=True), "it ended before"


def test_a_token_from_before_they_were_signed_is_good_while_it_is_the_newest() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    assert sign_in.renew(b"first", follows(b"second"), NOW, ours=False)


# Erasure


def an_erasure(*expects: str) -> Erasure:
    return Erasure.requested(uuid4(), expects, NOW)[0]


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(one) for one in events]


def test_we_ourselves_are_expected_to_answer() -> None:
    assert an_erasure("sessions").expects == ("notifications", "sessions")


def test_an_erasure_is_complete_when_every_service_has_answered() -> None:
    erasure = an_erasure("sessions", "surveys")
    assert erasure.answer("sessions", {"seats": 2}, NOW) == []
    erasure.erase_ours({"addresses": 1}, NOW)
    [done] = erasure.answer("surveys", {"themes": 1}, NOW)
    assert done == ResidentErasureCompleted(request_id=erasure.id, services=3, erased=4)


def test_the_last_answer_may_be_our_own() -> None:
    erasure = an_erasure()
    assert ResidentErasureCompleted in kinds(erasure.erase_ours({}, NOW))


def test_a_repeated_answer_changes_nothing() -> None:
    erasure = an_erasure("sessions")
    erasure.answer("sessions", {"seats": 2}, NOW)
    assert erasure.answer("sessions", {"seats": 0}, NOW) == []
    assert erasure.answers["sessions"] == {"seats": 2}


def test_an_erasure_that_waits_sounds_one_alarm() -> None:
    erasure = an_erasure("sessions")
    assert kinds(erasure.alarm(NOW + ALARM)) == [ResidentErasureOverdue]
    assert erasure.alarm(NOW + ALARM + MOMENT) == []


def test_there_is_no_alarm_before_its_time() -> None:
    assert an_erasure("sessions").alarm(NOW + ALARM - MOMENT) == []


def test_a_complete_erasure_sounds_no_alarm() -> None:
    erasure = an_erasure()
    erasure.erase_ours({}, NOW)
    assert erasure.alarm(NOW + ALARM) == []


def test_what_is_kept_of_an_erasure_names_nobody() -> None:
    kept = {type(getattr(an_erasure("sessions"), field.name)) for field in fields(Erasure)}
    assert kept <= {UUID, datetime, tuple, dict, int, type(None)}


def test_a_token_that_was_replaced_is_answered_alike_for_half_a_minute_however_often_it_comes() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    sign_in.renew(b"first", follows(b"second"), NOW, ours=True)
    for part in (0, 0.5, 0.9):
        assert sign_in.renew(b"first", follows(b"second"), NOW + ANSWER_LOST * part, ours=True)
        assert sign_in.digest == b"second"


def test_whoever_never_got_the_answer_goes_on_however_late_they_ask_again() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    sign_in.renew(b"first", follows(b"second"), NOW, ours=True)
    later = NOW + timedelta(days=40)
    assert sign_in.renew(b"first", follows(b"second", instead=b"other"), later, ours=True)
    assert sign_in.digest == b"other"
    assert sign_in.renew(b"other", follows(b"third"), later, ours=True)


def test_of_two_who_hold_one_token_the_slower_ends_the_sign_in_when_the_other_comes_back() -> None:
    """A thief asks late for the answer that the device got: one of them holds what is good no more."""
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    sign_in.renew(b"first", follows(b"second"), NOW, ours=True)
    assert sign_in.renew(b"first", follows(b"second"), NOW + ANSWER_LOST, ours=True)
    assert not sign_in.renew(b"second", follows(b"third"), NOW + 2 * ANSWER_LOST, ours=True)
    assert not sign_in.live


def test_one_that_was_used_long_ago_ends_the_sign_in() -> None:
    sign_in = SignIn.begin(uuid4(), uuid4(), b"first", NOW)
    sign_in.renew(b"first", follows(b"second"), NOW, ours=True)
    sign_in.renew(b"second", follows(b"third"), NOW, ours=True)
    assert not sign_in.renew(b"first", follows(b"second"), NOW + ANSWER_LOST, ours=True)
    assert not sign_in.live
