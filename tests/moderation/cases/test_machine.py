"""Whatever people do, in whatever order and at once: nobody decides about themselves, and nothing is decided twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Refused
from buurtthuis.events.moderation import Action, Category
from buurtthuis.events.sessions import HouseOpened
from buurtthuis.testing import FakeBackbone
from buurtthuis_moderation.app import service
from buurtthuis_moderation.commands.appeals import DecideAppeal, FileAppeal
from buurtthuis_moderation.commands.cases import DecideCase, LeaveCase, ReportContent, TakeCase
from buurtthuis_moderation.commands.pages import ChangeRules
from buurtthuis_moderation.commands.posts import WithdrawPost, WritePost
from buurtthuis_moderation.commands.teams import AppointModerator, AssignGuide
from buurtthuis_moderation.domain.appeals import Appeal, AppealState
from buurtthuis_moderation.domain.cases import Case, CaseState, ReportState, case_id
from buurtthuis_moderation.domain.contents import Content, ContentState
from buurtthuis_moderation.domain.decisions import Decision, Verdict
from buurtthuis_moderation.domain.pages import Rules
from buurtthuis_moderation.domain.trail import Entry, Trail, first_fault
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.moderation.people import at_once
from tests.speaker import Say, speaker

HOUSE = uuid4()
A_HOUSE = HouseOpened(house_id=HOUSE, title="x", town="x", dwellings=1, label=None, ends_on=None)
MODERATORS = [Actor.of_resident(uuid4()) for _ in range(2)]
GUIDE, STAFF = Actor(ActorKind.GUIDE, uuid4()), Actor(ActorKind.STAFF, uuid4())
RESIDENTS = [one.person for one in MODERATORS] + [uuid4() for _ in range(2)]
PEOPLE = [*MODERATORS, GUIDE, STAFF]
people, residents = st.sampled_from(PEOPLE), st.sampled_from(RESIDENTS)
which = st.integers(0, 30)
#: Each with what it takes.
VERDICTS = [
    Verdict(
        action,
        "Omdat.",
        None if action in (Action.APPROVE, Action.RESTORE) else Category.SPAM,
        7 if action is Action.MUTE else None,
    )
    for action in Action
]
verdicts = st.sampled_from(VERDICTS)


class Cases(RuleBasedStateMachine):
    """What is true is looked at from outside: in what is kept, by who did what."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.backbone = FakeBackbone(service, speaker, replace(speaker, name="sessions"))
        self.authors: dict[UUID, UUID] = {}
        self.reporters: dict[UUID, list[UUID]] = {}

    def teardown(self) -> None:
        self.loop.close()

    def wait(self, job: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(job)

    def run(self, command: object) -> Any:
        """None where it was refused."""
        try:
            return self.wait(self.backbone.run("moderation", command))
        except Refused:
            return None

    def kept(self, kind: type[Any]) -> list[Any]:
        return list(self.wait(self.backbone.kept("moderation", kind)))

    @initialize(waits=st.booleans())
    def a_page_with_two_moderators_and_a_guide(self, waits: bool) -> None:
        self.wait(self.backbone.run("sessions", Say(A_HOUSE)))
        self.wait(self.backbone.settled())
        self.run(ChangeRules(HOUSE, Rules(first_posts=1 if waits else 0), STAFF))
        for one in MODERATORS:
            self.run(AppointModerator(HOUSE, one.person, STAFF))
        self.run(AssignGuide(HOUSE, GUIDE.person, STAFF))

    @rule(by=residents)
    def somebody_writes(self, by: UUID) -> None:
        receipt = self.run(WritePost(HOUSE, Actor.of_resident(by), f"Bericht {len(self.authors)}", "nl"))
        if receipt:
            self.authors[receipt.id] = by

    @rule(
        number=which,
        by=st.sampled_from([*(Actor.of_resident(one) for one in RESIDENTS), STAFF]),
        urgent=st.booleans(),
    )
    def somebody_reports(self, number: int, by: Actor, urgent: bool) -> None:
        content = pick([*self.authors], number)
        category = Category.UNSAFE if urgent else Category.OFF_TOPIC
        if content and self.run(ReportContent(content, by, category, None, urgent)):
            self.reporters.setdefault(content, []).append(by.person)

    @rule(number=which)
    def whoever_wrote_it_takes_it_back(self, number: int) -> None:
        content = pick([*self.authors], number)
        if content:
            self.run(WithdrawPost(content, Actor.of_resident(self.authors[content])))

    @rule(number=which, by=people)
    def somebody_takes_a_case(self, number: int, by: Actor) -> None:
        case = pick(self.kept(Case), number)
        if case:
            self.run(TakeCase(case.id, by))

    @rule(number=which, by=people)
    def somebody_would_rather_not(self, number: int, by: Actor) -> None:
        case = pick(self.kept(Case), number)
        if case:
            self.run(LeaveCase(case.id, by))

    @rule(number=which, by=people, verdict=verdicts)
    def somebody_decides(self, number: int, by: Actor, verdict: Verdict) -> None:
        case = pick(self.kept(Case), number)
        if case and self.run(DecideCase(case.id, verdict, by, case.version)):
            self.is_allowed(case, by)

    @rule(number=which, pair=st.permutations(PEOPLE), some=st.tuples(verdicts, verdicts))
    def two_decide_at_once(self, number: int, pair: list[Actor], some: tuple[Verdict, Verdict]) -> None:
        """Both looked at the same version."""
        case = pick(self.kept(Case), number)
        if not case:
            return
        before = len(self.kept(Decision))
        commands = [
            DecideCase(case.id, verdict, by, case.version) for by, verdict in zip(pair[:2], some, strict=True)
        ]
        jobs = (self.backbone.run("moderation", one) for one in commands)
        answers = self.wait(at_once(jobs))
        done = [not isinstance(one, Refused) for one in answers]
        assert sum(done) <= 1
        assert len(self.kept(Decision)) <= before + 1

    @rule(number=which)
    def an_author_appeals(self, number: int) -> None:
        decision = pick(self.kept(Decision), number)
        if decision and decision.author_id:
            self.run(FileAppeal(decision.id, Actor.of_resident(decision.author_id), "Dat was een grap."))

    @rule(number=which, by=people, upheld=st.booleans())
    def somebody_answers_an_appeal(self, number: int, by: Actor, upheld: bool) -> None:
        appeal = pick(self.kept(Appeal), number)
        if not appeal or not self.run(DecideAppeal(appeal.id, upheld, "Omdat.", by, appeal.version)):
            return
        decision = next(one for one in self.kept(Decision) if one.id == appeal.decision_id)
        assert not decision.involves(by)
        assert decision.author_id != by.id
        assert decision.undone == upheld

    def is_allowed(self, case: Case, by: Actor) -> None:
        open_before = {one.reporter_id for one in case.open_reports}
        assert self.authors[case.content_id] != by.id
        assert by.id not in open_before

    @invariant()
    def what_is_removed_was_wanted_by_two_or_never_read(self) -> None:
        decisions = {one.content_id: one for one in self.kept(Decision) if not one.undone}
        for content in self.kept(Content):
            if content.state is ContentState.REMOVED:
                last = decisions[content.id]
                rejected = last.action is Action.REJECT and content.published_at is None
                assert rejected or (last.seconder_id and last.seconder_id != last.decider_id)

    @invariant()
    def however_many_report_something_only_people_decide(self) -> None:
        decided = {one.content_id for one in self.kept(Decision)}
        for content in self.kept(Content):
            assert content.state is not ContentState.REMOVED or content.id in decided

    @invariant()
    def what_is_open_and_nobody_can_decide_is_with_the_guide(self) -> None:
        contents = {one.id: one for one in self.kept(Content)}
        for case in self.kept(Case):
            free = [case.is_free(contents[case.content_id], one.person) for one in MODERATORS]
            assert case.state is not CaseState.OPEN or any(free) or case.escalated

    @invariant()
    def a_report_waits_as_long_as_its_case(self) -> None:
        for case in self.kept(Case):
            waits = any(one.state is ReportState.OPEN for one in case.reports)
            assert case.state is CaseState.OPEN or not waits

    @invariant()
    def everything_written_has_one_case_at_most_and_a_decision_one_appeal(self) -> None:
        cases = Counter(one.content_id for one in self.kept(Case))
        appeals = Counter(one.decision_id for one in self.kept(Appeal))
        assert max([*cases.values(), *appeals.values()], default=1) == 1
        assert all(one.id == case_id(one.content_id) for one in self.kept(Case))

    @invariant()
    def an_appeal_that_was_decided_says_by_whom(self) -> None:
        for appeal in self.kept(Appeal):
            assert (appeal.state is AppealState.PENDING) == (appeal.decider_id is None)

    @invariant()
    def the_trail_is_whole(self) -> None:
        for trail in self.kept(Trail):
            entries = sorted(self.kept(Entry), key=lambda one: one.number)
            assert self.wait(first_fault(trail, one_by_one(entries))) is None


def pick(of: list[Any], number: int) -> Any:
    """One of them, if there is any."""
    return of[number % len(of)] if of else None


async def one_by_one(entries: list[Entry]) -> Any:
    for entry in entries:
        yield entry


TestCases = Cases.TestCase
TestCases.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, database=None)
