"""What a mail server's refusal is about, by its codes and, only without them, by its words (RFC 3463, 5321)."""

import pytest
from buurtthuis_notifications.channels.answers import RefusalCause, Stage, about, in_short
from hypothesis import given
from hypothesis import strategies as st

ADDRESS, US, NEITHER = RefusalCause

OF_A_RECIPIENT = [
    (550, "5.1.1 The email account that you tried to reach does not exist", ADDRESS),
    (550, "#5.1.0 Address rejected.", ADDRESS),
    (550, "5.1.0 <us@example.nl>: Sender address rejected: User unknown in local table", US),
    (550, "5.1.0 Authentication required", US),
    (553, "5.1.3 not a valid address", ADDRESS),
    (550, "5.1.10 recipient's domain takes no mail", ADDRESS),
    (553, "5.1.8 Domain of sender address does not exist", US),
    (501, "5.1.7 bad sender", US),
    (552, "5.2.2 mailbox full", NEITHER),
    (550, "5.2.1 mailbox disabled", NEITHER),
    (554, "5.3.4 message too big", NEITHER),
    (550, "5.4.1 Recipient address rejected: Access denied", NEITHER),
    (503, "5.5.1 bad sequence", NEITHER),
    (550, "5.6.7 non-ASCII addresses not permitted", NEITHER),
    (550, "5.7.1 Service unavailable; client host blocked using Spamhaus", US),
    (550, "5.7.26 unauthenticated mail is prohibited: DMARC", US),
    (554, "5.7.1 Relay access denied", US),
    (550, "5.7.1 Unknown user", US),
    (550, "5.0.0 User unknown", ADDRESS),
    (550, "No such user here", ADDRESS),
    (550, "Requested action not taken: mailbox unavailable", ADDRESS),
    (551, "User not local", ADDRESS),
    (553, "mailbox name not allowed", ADDRESS),
    (553, "sorry, that domain isn't in my list of allowed rcpthosts; relaying denied", US),
    (553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", US),
    (553, "sorry, this address is not in my rcpthosts (#5.1.1)", ADDRESS),
    (550, "Welcome to mail.example.nl\n5.7.1 not from there", US),
    (550, "5.188.10.3 is refused here (#5.7.1)", US),
    (550, "blocked, see https://blocklist.example/", US),
    (550, "Mailbox full", NEITHER),
    (552, "exceeded storage allocation", NEITHER),
    (554, "delivery error: This user doesn't have a yahoo.com account", ADDRESS),
    (554, "no", US),
    (556, "domain takes no mail", ADDRESS),
    (502, "what?", NEITHER),
    (452, "4.2.2 full", NEITHER),
    (450, "5.1.1 says one thing and means another", NEITHER),
]


@pytest.mark.parametrize(("code", "words", "expected"), OF_A_RECIPIENT)
def test_a_refusal_of_a_recipient_is_about(code: int, words: str, expected: RefusalCause) -> None:
    assert about(code, words, Stage.RECIPIENT) is expected


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (550, "no", US),
        (554, "rejected", US),
        (552, "too big", NEITHER),
        (554, "5.6.0 cannot be read", NEITHER),
        (554, "5.7.1 looks like spam", US),
        (550, "5.1.1 nobody of that name", ADDRESS),
    ],
)
def test_a_refusal_of_what_was_written_is_about(code: int, words: str, expected: RefusalCause) -> None:
    assert about(code, words, Stage.CONTENT) is expected


@given(st.integers(500, 599), st.text())
def test_before_an_address_was_said_none_is_at_fault(code: int, words: str) -> None:
    assert about(code, words, Stage.GREETING) is US


@given(st.integers(400, 499), st.text(), st.sampled_from(Stage))
def test_what_may_be_tried_again_is_nobody_s_fault(code: int, words: str, stage: Stage) -> None:
    assert about(code, words, stage) is NEITHER


@given(st.integers(0, 9), st.integers(0, 999), st.text(), st.sampled_from([Stage.RECIPIENT, Stage.CONTENT]))
def test_of_all_codes_only_those_of_addresses_give_one_up(
    subject: int, detail: int, words: str, stage: Stage
) -> None:
    found = about(550, f"5.{subject}.{detail} {words}", stage)
    if subject != 0 and (subject, detail) != (1, 0):
        assert (found is ADDRESS) is (subject == 1 and detail not in (7, 8))


def test_of_an_answer_its_codes_are_kept_and_no_word() -> None:
    assert in_short(550, "5.1.1 <fatma@example.nl> is unknown") == "SMTP 550 5.1.1"
    assert in_short(550, "fatma@example.nl is unknown") == "SMTP 550"
