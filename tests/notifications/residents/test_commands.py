"""What can be asked of residents, codes, sign-ins and erasure, in memory."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.errors import NotFound
from buurtthuis.core.work import Cause
from buurtthuis.domain.allowances import Limit, TooOften
from buurtthuis.events import Event
from buurtthuis.events.notifications import (
    ResidentDataErased,
    ResidentErasureCompleted,
    ResidentErasureRequested,
    ResidentJoined,
    TokensRevoked,
)
from buurtthuis.events.sessions import Outcome
from buurtthuis.events.sessions import ResidentDataErased as SessionsErased
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import Clock, FakeBackbone, FakeWork
from buurtthuis_notifications.app import service
from buurtthuis_notifications.commands.codes import Askers, AskForCode, ConfirmAddress, Guesses, UseCode
from buurtthuis_notifications.commands.corrections import MergeResident
from buurtthuis_notifications.commands.erasures import ForgetResident, RequestErasure
from buurtthuis_notifications.commands.residents import (
    AddressInUse,
    AddToHouse,
    JoinHouse,
    MoveOut,
    RegisterResident,
)
from buurtthuis_notifications.commands.sign_ins import EndEverySignIn, EndSignIn, RenewSignIn
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.allowances import (
    FOR_ADDRESS,
    FOR_ASKER,
    FOR_NETWORK,
    FOR_NEWCOMERS,
    GUESSES,
    GUESSES_TOGETHER,
)
from buurtthuis_notifications.domain.codes import TRIES, CodeRequest, NotThisCode, OneTimeCode
from buurtthuis_notifications.domain.corrections import LooksRegistered
from buurtthuis_notifications.domain.erasures import Erasure
from buurtthuis_notifications.domain.joining import HouseTakesNobody
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.personal import PERSONAL
from buurtthuis_notifications.domain.residents import Agreed, Purpose, ReadingLevel, Resident
from buurtthuis_notifications.domain.sign_ins import ANSWER_LOST, Following, SignIn, SignInAgain
from buurtthuis_notifications.reactions.erasing import note_that_sessions_erased
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.commands.houses import AnonymiseHouse, EndHouse, OpenHouse

EMAIL = SealedAddress(AddressKind.EMAIL, b"sealed e-mail", (b"digest of an e-mail",))
DOOR = SealedAddress(AddressKind.DOOR, b"sealed door", (b"digest of a door",))
YES = (Agreed(Purpose.MESSAGES, "Mesaj almak istiyorum.", 1, "tr"),)
US = "notifications"
NOON = datetime(2018, 11, 12, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(service, sessions, clock=clock)


async def a_house(backbone: FakeBackbone) -> UUID:
    house = await backbone.run("sessions", OpenHouse("BuurtThuis Wingerd", "Waddinxveen", 96))
    await backbone.settled()
    return house.id


def asking(house: UUID | None, address: SealedAddress = EMAIL, **more: Any) -> AskForCode:
    wish = CodeRequest(house, "tr", ReadingLevel.EASY, YES)
    askers = Askers(UUID(bytes=address.digests[0][:16].ljust(16)), None, None, uuid4())
    return replace(AskForCode(uuid4(), address, askers, b"link", b"digits", b"letter", wish), **more)


async def ask(backbone: FakeBackbone, house: UUID | None, **more: Any) -> AskForCode:
    command = asking(house, **more)
    await backbone.run(US, command)
    return command


async def use(backbone: FakeBackbone, code: AskForCode, trace: bytes = b"link") -> UUID:
    sign_in = uuid4()
    with suppress(NotThisCode):
        await backbone.run(US, UseCode(code.id, (trace,), sign_in, b"refresh"))
    return sign_in


def follows(digest: bytes) -> Following:
    return Following(digest, b"instead of " + digest, uuid4())


async def signed_in(backbone: FakeBackbone) -> dict[UUID, UUID]:
    """Sign-in -> resident."""
    return {one.id: one.resident_id for one in await backbone.kept(US, SignIn) if not one.ended_at}


async def joined(backbone: FakeBackbone, house: UUID | None, **more: Any) -> UUID:
    """A resident who came in by a code."""
    sign_in = await use(backbone, await ask(backbone, house, **more))
    return (await signed_in(backbone))[sign_in]


async def said(backbone: FakeBackbone, kind: type[Event]) -> int:
    return sum(one.type == kind.type() for one in await backbone.journal(US))


# Codes


async def test_who_comes_with_the_code_is_in_the_house_and_signed_in(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    await joined(backbone, house)
    [resident] = await backbone.kept(US, Resident)
    assert (resident.houses, resident.reads) == ((house,), "tr")
    assert resident.agrees(Purpose.MESSAGES)


async def test_nobody_is_anywhere_before_the_code_comes_back(backbone: FakeBackbone) -> None:
    await ask(backbone, await a_house(backbone))
    assert await backbone.kept(US, Resident) == []


async def test_a_wrong_code_lets_nobody_in_and_is_counted(backbone: FakeBackbone) -> None:
    code = await ask(backbone, await a_house(backbone))
    await use(backbone, code, b"wrong")
    assert await signed_in(backbone) == {}
    assert [one.tries for one in await backbone.kept(US, OneTimeCode)] == [1]


async def test_a_code_lets_somebody_in_once(backbone: FakeBackbone) -> None:
    code = await ask(backbone, await a_house(backbone))
    for _ in range(3):
        await use(backbone, code)
    assert len(await signed_in(backbone)) == 1


async def test_who_signs_in_again_is_the_same_resident(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    first = await joined(backbone, house)
    assert await joined(backbone, None) == first


async def test_nothing_is_taken_from_who_asks_for_a_code_for_an_address_that_is_known(
    backbone: FakeBackbone,
) -> None:
    """Anybody can ask for it, and say where its owner should be, what they read and what they agree to."""
    house, other = await a_house(backbone), await a_house(backbone)
    resident = await joined(backbone, house)
    no = (Agreed(Purpose.VISITS, "Iemand mag langskomen.", 1, "nl"),)
    again = await joined(backbone, other, wish=CodeRequest(other, "pl", ReadingLevel.USUAL, no))
    [kept] = await backbone.kept(US, Resident)
    assert (again, kept.houses, kept.reads) == (resident, (house,), "tr")
    assert [one.purpose for one in kept.consents] == [Purpose.MESSAGES]
    assert await said(backbone, ResidentJoined) == 1


async def test_who_is_signed_in_joins_another_house_themselves(backbone: FakeBackbone) -> None:
    house, other = await a_house(backbone), await a_house(backbone)
    resident = await joined(backbone, house)
    await backbone.run(US, JoinHouse(resident, other))
    assert {*(await backbone.kept(US, Resident))[0].houses} == {house, other}


async def test_what_was_agreed_to_is_kept_with_its_version_and_language(backbone: FakeBackbone) -> None:
    await joined(backbone, await a_house(backbone))
    [kept] = (await backbone.kept(US, Resident))[0].consents
    assert (kept.purpose, kept.wording, kept.version, kept.language) == (
        Purpose.MESSAGES,
        "Mesaj almak istiyorum.",
        1,
        "tr",
    )


async def test_a_mailbox_that_is_written_otherwise_stays_as_its_owner_wrote_it(
    backbone: FakeBackbone,
) -> None:
    """Else whoever asks would have later messages sent where they like."""
    house = await a_house(backbone)
    await joined(backbone, house)
    await joined(backbone, None, address=replace(EMAIL, secret=b"the same, with a tag"))
    [kept] = await backbone.kept(US, Resident)
    assert [one.secret for one in kept.addresses] == [EMAIL.secret]


async def test_an_address_that_nobody_has_signs_nobody_in(backbone: FakeBackbone) -> None:
    await use(backbone, await ask(backbone, None))
    assert await signed_in(backbone) == {}


async def test_a_house_that_is_unknown_takes_nobody(backbone: FakeBackbone) -> None:
    with pytest.raises(NotFound):
        await ask(backbone, uuid4())


async def test_a_house_that_has_ended_takes_nobody(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    await backbone.run("sessions", EndHouse(house, Outcome.STOPPED, "Klaar."))
    await backbone.settled()
    with pytest.raises(HouseTakesNobody):
        await ask(backbone, house)


async def ask_often(backbone: FakeBackbone, times: int, house: UUID | None, askers: Askers) -> None:
    for _ in range(times):
        await ask(backbone, house, askers=askers)


async def test_one_address_is_sent_a_few_codes_whoever_asks_and_more_after_a_while(
    backbone: FakeBackbone, clock: Clock
) -> None:
    house, askers = await a_house(backbone), Askers(uuid4(), None, None, uuid4())
    await ask_often(backbone, FOR_ADDRESS.most, house, askers)
    with pytest.raises(TooOften):
        await ask(backbone, house, askers=askers)
    clock.move(FOR_ADDRESS.pause)
    await ask(backbone, house, askers=askers)


async def test_a_strangers_requests_keep_nobody_from_their_own_code(backbone: FakeBackbone) -> None:
    address, newcomers = uuid4(), uuid4()
    stranger, owner = (Askers(address, uuid4(), uuid4(), newcomers) for _ in range(2))
    await ask_often(backbone, FOR_ASKER.most, None, stranger)
    with pytest.raises(TooOften):
        await ask(backbone, None, askers=stranger)
    await ask(backbone, None, askers=owner)


async def test_one_network_is_sent_so_many_codes_for_all_addresses(backbone: FakeBackbone) -> None:
    network = uuid4()
    for _ in range(FOR_NETWORK.most):
        await ask(backbone, None, askers=Askers(uuid4(), None, network, uuid4()))
    with pytest.raises(TooOften):
        await ask(backbone, None, askers=Askers(uuid4(), None, network, uuid4()))


async def test_where_nobody_knows_who_comes_from_where_they_lock_each_other_out_of_nothing(
    backbone: FakeBackbone,
) -> None:
    for _ in range(FOR_NETWORK.most + 1):
        await ask(backbone, None, askers=Askers(uuid4(), None, None, uuid4()))


async def test_however_many_would_be_new_whoever_signs_in_waits_for_none_of_them(
    backbone: FakeBackbone, clock: Clock
) -> None:
    house, newcomers = await a_house(backbone), uuid4()
    for _ in range(FOR_NEWCOMERS.most):
        await ask(backbone, house, askers=Askers(uuid4(), None, None, newcomers))
    with pytest.raises(TooOften) as refused:
        await ask(backbone, house, askers=Askers(uuid4(), None, None, newcomers))
    assert refused.value.seconds == FOR_NEWCOMERS.pause.total_seconds()
    await ask(backbone, None, askers=Askers(uuid4(), None, None, newcomers))
    clock.move(FOR_NEWCOMERS.pause)
    await ask(backbone, house, askers=Askers(uuid4(), None, None, newcomers))


async def guess_often(backbone: FakeBackbone, code: AskForCode, guesses: Guesses) -> UseCode:
    """As often as one may; the next."""
    guess = UseCode(code.id, (b"wrong",), uuid4(), b"refresh", guesses)
    for _ in range(guesses.limit.most):
        with pytest.raises(NotThisCode):
            await backbone.run(US, guess)
    return guess


@pytest.mark.parametrize(("alone", "limit"), [(True, GUESSES), (False, GUESSES_TOGETHER)])
async def test_digits_are_guessed_so_often_and_again_after_a_while(
    backbone: FakeBackbone, clock: Clock, *, alone: bool, limit: Limit
) -> None:
    code = await ask(backbone, await a_house(backbone))
    guess = await guess_often(backbone, code, Guesses(uuid4(), alone=alone))
    with pytest.raises(TooOften):
        await backbone.run(US, guess)
    clock.move(limit.pause)
    with pytest.raises(NotThisCode):
        await backbone.run(US, guess)


async def test_who_types_the_right_digits_is_no_guesser_so_a_whole_house_signs_in_from_one_network(
    backbone: FakeBackbone,
) -> None:
    house, guesses = await a_house(backbone), Guesses(uuid4())
    for number in range(GUESSES.most + 1):
        address = SealedAddress(AddressKind.EMAIL, b"", (f"{number:04} digests an address".encode(),))
        code = await ask(backbone, house, address=address)
        await backbone.run(US, UseCode(code.id, (b"digits",), uuid4(), b"refresh", guesses))
    assert len(await signed_in(backbone)) == GUESSES.most + 1


async def test_after_a_few_wrong_digits_the_right_ones_are_no_good_and_the_link_still_is(
    backbone: FakeBackbone,
) -> None:
    """Whoever asked for the code can guess at it; the link alone went to its owner."""
    code = await ask(backbone, await a_house(backbone))
    for digits in (*[b"wrong"] * TRIES, b"digits"):
        await use(backbone, code, digits)
    assert await signed_in(backbone) == {}
    await use(backbone, code, b"link")
    assert len(await signed_in(backbone)) == 1


async def test_somebody_who_is_signed_in_adds_an_address_with_a_code(backbone: FakeBackbone) -> None:
    resident = await joined(backbone, await a_house(backbone))
    mobile = SealedAddress(AddressKind.MOBILE, b"number", (b"digest of number",))
    await use(backbone, await ask(backbone, None, address=mobile, adds=resident))
    [kept] = await backbone.kept(US, Resident)
    assert {one.kind for one in kept.addresses} == {AddressKind.EMAIL, AddressKind.MOBILE}


async def test_an_address_of_one_resident_cannot_be_added_by_another(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    first = await joined(backbone, house)
    other = SealedAddress(AddressKind.EMAIL, b"other", (b"another digest 1",))
    second = await joined(backbone, house, address=other)
    assert first != second
    await use(backbone, await ask(backbone, None, adds=second))
    kept = {one.id: one for one in await backbone.kept(US, Resident)}
    assert [one.digest for one in kept[second].addresses] == [other.digests[0]]


async def test_the_button_on_our_page_lets_somebody_in_once_and_the_code_signs_them_in_afterwards(
    backbone: FakeBackbone,
) -> None:
    house = await a_house(backbone)
    code = await ask(backbone, house)
    for _ in range(2):
        await backbone.run(US, ConfirmAddress(code.id, b"link"))
    assert await signed_in(backbone) == {}
    [resident] = await backbone.kept(US, Resident)
    sign_in = await use(backbone, code, b"digits")
    assert await signed_in(backbone) == {sign_in: resident.id}
    assert await said(backbone, ResidentJoined) == 1


async def test_nobody_confirms_an_address_by_digits_or_after_the_code_was_used(
    backbone: FakeBackbone,
) -> None:
    code = await ask(backbone, await a_house(backbone))
    with pytest.raises(NotThisCode):
        await backbone.run(US, ConfirmAddress(code.id, b"digits"))
    await use(backbone, code)
    with pytest.raises(NotThisCode):
        await backbone.run(US, ConfirmAddress(code.id, b"link"))


# Signing in


async def test_a_refresh_token_is_taken_once(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    sign_in = await use(backbone, await ask(backbone, house))
    await backbone.run(US, RenewSignIn(sign_in, b"refresh", follows(b"second"), ours=True))
    assert [one.digest for one in await backbone.kept(US, SignIn)] == [b"second"]


async def test_a_token_from_long_ago_ends_the_sign_in(backbone: FakeBackbone, clock: Clock) -> None:
    sign_in = await use(backbone, await ask(backbone, await a_house(backbone)))
    for brought, new in ((b"refresh", b"second"), (b"second", b"third"), (b"refresh", b"second")):
        await backbone.run(US, RenewSignIn(sign_in, brought, follows(new), ours=True))
    assert set(await signed_in(backbone)) == {sign_in}
    clock.move(ANSWER_LOST)
    with pytest.raises(SignInAgain):
        await backbone.run(US, RenewSignIn(sign_in, b"refresh", follows(b"second"), ours=True))
    assert await signed_in(backbone) == {}
    assert await backbone.revoked(US) == {sign_in: None}


async def test_a_token_that_somebody_made_up_ends_nothing(backbone: FakeBackbone) -> None:
    sign_in = await use(backbone, await ask(backbone, await a_house(backbone)))
    with pytest.raises(SignInAgain):
        await backbone.run(US, RenewSignIn(sign_in, b"made up", follows(b"whatever"), ours=False))
    await backbone.run(US, EndSignIn(sign_in, b"made up", ours=False))
    assert set(await signed_in(backbone)) == {sign_in}
    assert await backbone.revoked(US) == {}


async def test_signing_out_takes_the_access_token_of_that_sign_in_back_once(backbone: FakeBackbone) -> None:
    sign_in = await use(backbone, await ask(backbone, await a_house(backbone)))
    for _ in range(2):
        await backbone.run(US, EndSignIn(sign_in, b"refresh", ours=True))
    assert await said(backbone, TokensRevoked) == 1
    assert await backbone.revoked(US) == {sign_in: None}


async def test_signing_out_everywhere_ends_every_sign_in_of_that_resident_alone(
    backbone: FakeBackbone,
) -> None:
    house = await a_house(backbone)
    resident = await joined(backbone, house)
    await joined(backbone, None)
    theirs = {id for id, whose in (await signed_in(backbone)).items() if whose == resident}
    other = await joined(
        backbone, house, address=SealedAddress(AddressKind.EMAIL, b"", (b"another digest 1",))
    )
    await backbone.run(US, EndEverySignIn(resident, NOON))
    assert set((await signed_in(backbone)).values()) == {other}
    assert await backbone.revoked(US) == {**dict.fromkeys(theirs), resident: NOON}


async def test_moving_out_ends_what_is_under_way_and_no_sign_in(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    resident = await joined(backbone, house)
    await backbone.run(US, MoveOut(resident, house, NOON))
    assert set((await signed_in(backbone)).values()) == {resident}
    assert await backbone.revoked(US) == {resident: NOON}


async def test_who_is_forgotten_is_let_in_nowhere_ever(backbone: FakeBackbone) -> None:
    resident = await joined(backbone, await a_house(backbone))
    await backbone.run(US, RequestErasure(resident, ()))
    assert await backbone.revoked(US) == {resident: None}


# Registered by staff


async def registered(backbone: FakeBackbone, house: UUID, **more: Any) -> UUID:
    command = RegisterResident(house, "nl", ReadingLevel.EASY, (DOOR,), YES, **more)
    await backbone.run(US, command)
    return (await backbone.kept(US, Resident))[-1].id


async def test_whoever_merges_two_is_answered_with_the_erasure_whichever_houses_the_one_that_stays_joins(
    backbone: FakeBackbone,
) -> None:
    both = await a_house(backbone)
    gone, stays = [
        (
            await backbone.run(
                US, RegisterResident(both, "nl", ReadingLevel.EASY, (DOOR,), YES, another=True)
            )
        ).id
        for _ in range(2)
    ]
    await backbone.run(US, AddToHouse(gone, await a_house(backbone)))
    merged = await backbone.run(US, MergeResident(gone, stays, ()))
    [erasure] = await backbone.kept(US, Erasure)
    assert (merged.id, erasure.resident_id) == (erasure.id, gone)


async def test_somebody_without_a_phone_is_reached_at_the_door(backbone: FakeBackbone) -> None:
    await registered(backbone, await a_house(backbone))
    [resident] = await backbone.kept(US, Resident)
    assert [one.kind for one in resident.addresses] == [AddressKind.DOOR]
    assert [one.by_staff for one in resident.consents] == [True]


async def test_two_residents_may_live_behind_one_door_and_nobody_is_registered_twice_by_mistake(
    backbone: FakeBackbone,
) -> None:
    house = await a_house(backbone)
    await registered(backbone, house)
    with pytest.raises(LooksRegistered) as refused:
        await registered(backbone, house)
    assert place_of(refused.value) == "/door"
    await registered(backbone, house, another=True)
    assert len(await backbone.kept(US, Resident)) == 2


async def test_whom_staff_register_with_an_address_signs_in_with_a_code(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    await backbone.run(US, RegisterResident(house, "nl", ReadingLevel.EASY, (DOOR, EMAIL), YES))
    sign_in = await use(backbone, await ask(backbone, None))
    [resident] = await backbone.kept(US, Resident)
    assert (await signed_in(backbone))[sign_in] == resident.id
    assert not resident.kept_by_staff  # from now on they change it themselves
    assert {one.kind for one in resident.addresses} == {AddressKind.EMAIL, AddressKind.DOOR}


async def test_staff_register_nobody_with_an_address_of_somebody_else(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    await joined(backbone, house)
    with pytest.raises(AddressInUse) as refused:
        await backbone.run(US, RegisterResident(house, "nl", ReadingLevel.EASY, (DOOR, EMAIL), YES))
    assert place_of(refused.value) == "/email"
    assert len(await backbone.kept(US, Resident)) == 1


# Erasure


async def test_nothing_is_left_of_who_wants_to_be_forgotten(backbone: FakeBackbone) -> None:
    resident = await joined(backbone, await a_house(backbone))
    await backbone.run(US, RequestErasure(resident, ("sessions",)))
    left = {
        one.name: [row for row in await backbone.kept(US, one.kind) if getattr(row, one.by) == resident]
        for one in PERSONAL
    }
    assert not any(left.values()), left


async def test_a_code_on_its_way_to_their_address_goes_with_them_whoever_asked(
    backbone: FakeBackbone,
) -> None:
    """With the sealed address, and what it says they agreed to."""
    house = await a_house(backbone)
    resident = await joined(backbone, house)
    await ask(backbone, house)
    other = await ask(backbone, house, address=replace(EMAIL, digests=(b"somebody else's e-mail",)))
    await backbone.run(US, RequestErasure(resident, ()))
    assert [one.id for one in await backbone.kept(US, OneTimeCode)] == [other.id]
    waiting = [(one.code_id, one.address) for one in await backbone.kept(US, Message)]
    assert waiting == [(other.id, other.address.secret)], "nor does a message with it go there any more"


async def test_a_code_that_would_add_an_address_goes_with_whoever_asked_for_it(
    backbone: FakeBackbone,
) -> None:
    resident = await joined(backbone, await a_house(backbone))
    mobile = SealedAddress(AddressKind.MOBILE, b"number", (b"digest of number",))
    await ask(backbone, None, address=mobile, adds=resident)
    await backbone.run(US, RequestErasure(resident, ()))
    assert (await backbone.kept(US, OneTimeCode), await backbone.kept(US, Message)) == ([], [])


async def test_an_erasure_that_another_service_alone_remembers_waits_for_every_other() -> None:
    work, request = FakeWork(now=Clock().now), uuid4()
    answer = SessionsErased(request_id=request, resident_id=uuid4(), counts={})
    await note_that_sessions_erased(answer, work)
    assert (await work.get(Erasure, request)).missing == ("moderation", "surveys")


async def test_what_was_taken_away_is_counted_by_kind(backbone: FakeBackbone) -> None:
    resident = await joined(backbone, await a_house(backbone))
    await backbone.run(US, RequestErasure(resident, ()))
    [told] = [one for one in await backbone.journal(US) if one.type == ResidentDataErased.type()]
    assert told.data["counts"].items() >= {"addresses": 1, "consents": 1, "memberships": 1}.items()


async def test_an_erasure_that_nobody_else_has_to_answer_is_complete_at_once(backbone: FakeBackbone) -> None:
    resident = await joined(backbone, await a_house(backbone))
    await backbone.run(US, RequestErasure(resident, ()))
    assert await said(backbone, ResidentErasureRequested) == 1
    assert await said(backbone, ResidentErasureCompleted) == 1


async def test_other_residents_stay(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    resident = await joined(backbone, house)
    other = await joined(
        backbone, house, address=SealedAddress(AddressKind.EMAIL, b"", (b"another digest 1",))
    )
    await backbone.run(US, RequestErasure(resident, ()))
    assert [one.id for one in await backbone.kept(US, Resident)] == [other]


async def test_who_was_forgotten_cannot_be_forgotten_again(backbone: FakeBackbone) -> None:
    resident = await joined(backbone, await a_house(backbone))
    await backbone.run(US, RequestErasure(resident, ()))
    with pytest.raises(NotFound):
        await backbone.run(US, RequestErasure(resident, ()))


async def test_who_is_in_no_house_any_more_is_forgotten_when_it_is_anonymised(
    backbone: FakeBackbone, clock: Clock
) -> None:
    house = await a_house(backbone)
    resident = await joined(backbone, house)
    await backbone.run(US, MoveOut(resident, house, NOON))
    await backbone.run("sessions", EndHouse(house, Outcome.STOPPED, "Klaar."))
    clock.move(timedelta(days=400))
    await backbone.run("sessions", AnonymiseHouse(house), cause=Cause(SYSTEM))
    await backbone.settled()
    await backbone.run(US, ForgetResident(resident))
    assert await backbone.kept(US, Resident) == []
    assert await backbone.revoked(US) == {resident: None}


async def test_who_is_in_another_house_too_is_not_forgotten(backbone: FakeBackbone) -> None:
    resident = await joined(backbone, await a_house(backbone))
    await backbone.run(US, ForgetResident(resident))
    assert [one.id for one in await backbone.kept(US, Resident)] == [resident]
