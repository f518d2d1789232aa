"""What becomes of a resident's traces when they ask to be forgotten."""

from uuid import UUID

from buurtthuis.core.work import Work
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.domain.privacy import JOURNAL
from buurtthuis.events import Event
from buurtthuis.events.surveys import ThemeErased, ThemeSupportTakenBack, Voting

from buurtthuis_surveys.domain.ballots import Voter, VoterKind, voter_of
from buurtthuis_surveys.domain.cards import Card, Guesses
from buurtthuis_surveys.domain.closing import ClosingQuestion
from buurtthuis_surveys.domain.personal import ASKED, CARDS, GUESSED, NEIGHBOURS, SUPPORT, THEMES, VOTERS
from buurtthuis_surveys.domain.surveys import Survey
from buurtthuis_surveys.domain.themes import Support, Theme


async def erase(resident: UUID, work: Work) -> tuple[list[Event], dict[str, int]]:
    """What happened to themes, and how many of each kind went. Ballots stay: nobody knows whose they are."""
    said = len(await work.erase(resident))
    said += await work.redact_about(
        [id for (id,) in await work.read(ClosingQuestion, "id", resident_id=resident)]
    )
    counts = {
        VOTERS.name: await _forget_marks(resident, work),
        GUESSED.name: await work.forget(Guesses, id=resident),
        ASKED.name: await ASKED.take_away(resident, work),
        NEIGHBOURS.name: await work.forget(Neighbour, resident_id=resident),
    }
    support = await _take_back_support(resident, work)
    themes = await _erase_themes(resident, work)
    cards = await work.find(Card, claimed_by=resident)
    for card in cards:
        card.forget_who_claimed()
    said += await work.redact_about([theme.theme_id for theme in themes])
    counts |= {SUPPORT.name: len(support), THEMES.name: len(themes), CARDS.name: len(cards), JOURNAL: said}
    return [*support, *themes], counts


async def _forget_marks(resident: UUID, work: Work) -> int:
    """That they answered what is still open; what they answered is nobody's, and who answered what is over too."""
    salts = dict(await work.read(BallotBox, "id", "salts"))
    ids = [
        voter_of((*salted, *(salts.get(BallotBox.id_of(id)) or ())), VoterKind.RESIDENT, str(resident))
        for id, salted in await work.read(Survey, "id", "salts", voting=Voting.RESIDENT)
        if salted or salts.get(BallotBox.id_of(id))
    ]
    return sum([await work.forget(Voter, id=id) for id in ids])


async def _take_back_support(resident: UUID, work: Work) -> list[ThemeSupportTakenBack]:
    themes = sorted(id for (id,) in await work.read(Support, "theme_id", resident_id=resident))
    return [(await work.get(Theme, id)).take_back_support(resident) for id in themes]


async def _erase_themes(resident: UUID, work: Work) -> list[ThemeErased]:
    return [theme.erase() for theme in await work.find(Theme, proposed_by=resident)]
