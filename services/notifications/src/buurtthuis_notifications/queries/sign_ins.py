"""Reading who is signed in."""

from uuid import UUID

from buurtthuis.core.errors import NotFound
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.sign_ins import SignIn, SignInAgain


async def live_sign_in(session: AsyncSession, id: UUID) -> SignIn:
    """Raises NotFound, and SignInAgain where it has ended."""
    sign_in = await session.get(SignIn, id)
    if sign_in is None:
        raise NotFound(what="sign-in", id=id)
    if not sign_in.live:
        raise SignInAgain
    return sign_in
