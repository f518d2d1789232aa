"""What a client has already, by its ETag."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

Seen = Annotated[str | None, Header(description="The ETag of what you have.")]
SEEN: dict[int | str, dict[str, Any]] = {304: {"description": "You have it already."}}


def unless_seen(response: Response, seen: str | None, headers: Mapping[str, str]) -> Response:
    """With these headers, an ETag among them; 304 alone where that was seen."""
    if seen and headers["ETag"] in seen:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def counted(counts: BaseModel, seen: str | None) -> Response:
    """Counts that staff look at while they type, again and again: with an ETag of what they are."""
    tag = f'"{sha256(counts.model_dump_json().encode()).hexdigest()[:16]}"'
    answer = JSONResponse(counts.model_dump(mode="json"))
    return unless_seen(answer, seen, {"ETag": tag, "Cache-Control": "no-cache"})
