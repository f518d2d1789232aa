"""Counts that staff look at while they type: small, and asked for again and again."""

from datetime import datetime, time
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

HaveSeen = Annotated[str | None, Header(description="The ETag of the counts that you have.")]
HAVE_IT: dict[int | str, dict[str, Any]] = {304: {"description": "They are what you have."}}


def midnight(now: datetime, time_zone: str) -> datetime:
    """When today began, on the wall of the corporation."""
    zone = ZoneInfo(time_zone)
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def counted(counts: BaseModel, seen: str | None) -> Response:
    """The counts with their ETag, or 304 where that was seen."""
    tag = f'"{sha256(counts.model_dump_json().encode()).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if seen and tag in seen:
        return Response(status_code=304, headers=headers)
    return JSONResponse(counts.model_dump(mode="json"), headers=headers)
