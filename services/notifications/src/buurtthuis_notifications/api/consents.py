"""What people can agree to, over HTTP."""

from buurtthuis.core.errors import NoSuchPage
from buurtthuis.http.keeping import FIVE_MINUTES, kept_for
from buurtthuis.http.problems import problems
from fastapi import APIRouter
from pydantic import BaseModel, Field

from buurtthuis_notifications.api.people import Anybody
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.texts import consents

router = APIRouter(tags=["signing in"])


class ConsentText(BaseModel):
    """What a front-end asks: show one of these wordings as it is, and send the id."""

    id: Purpose
    version: int
    wordings: dict[str, str] = Field(
        description="By language.", examples=[{"en": "I would like to get messages."}]
    )


@router.get(
    "/public/{corporation}/consents",
    summary="What people can agree to",
    responses=problems(NoSuchPage),
    dependencies=[kept_for(FIVE_MINUTES)],
)
async def list_consents(visitor: Anybody) -> list[ConsentText]:
    """Each in all languages of the corporation that we have. What somebody agreed to is kept with its version and language."""
    return [
        ConsentText(
            id=purpose,
            version=consents.version(purpose),
            wordings=dict(consents.wordings(purpose, visitor.corporation)),
        )
        for purpose in Purpose
    ]
