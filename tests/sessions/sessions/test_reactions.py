"""What sessions does about what surveys says, in memory."""

from uuid import uuid4

from buurtthuis.events.surveys import ThemeSelected
from buurtthuis.testing import FakeWork
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.reactions import draft_a_session

THEME, HOUSE = uuid4(), uuid4()


async def drafted(title: str | None) -> Session:
    work = FakeWork()
    said = await draft_a_session(ThemeSelected(theme_id=THEME, house_id=HOUSE, title=title), work)
    assert said
    return await work.get(Session, said.session_id)


async def test_a_selected_theme_gets_a_draft() -> None:
    session = await drafted("Ontmoeten")
    assert (session.state, session.theme_id, session.house_id, session.title) == (
        SessionState.DRAFT,
        THEME,
        HOUSE,
        "Ontmoeten",
    )


async def test_a_theme_whose_words_were_taken_back_gets_a_draft_without_a_title() -> None:
    assert (await drafted(None)).title is None
