"""What a client has already, by its ETag."""

from hashlib import sha256
from typing import Annotated, Any

from buurtthuis.http.keeping import has_seen
from fastapi import Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

Seen = Annotated[str | None, Header(description="The ETag of what you have.")]
SEEN: dict[int | str, dict[str, Any]] = {304: {"description": "You have it already."}}


def counted(counts: BaseModel, seen: str | None) -> Response:
    """Counts that staff look at while they type, again and again: with an ETag of what they are."""
    tag = f'"{sha256(counts.model_dump_json().encode()).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if has_seen(tag, seen):
        return Response(status_code=304, headers=headers)
    return JSONResponse(counts.model_dump(mode="json"), headers=headers)
