"""Files that somebody takes along: what a route's document says of one, and the answer that holds one."""

from typing import Any

from fastapi import Response

CSV, PDF = "text/csv", "application/pdf"
#: For whoever may see it, this once.
ONCE = {"Cache-Control": "no-store"}


def holds(
    media_type: str, description: str = "The file.", status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: it answers with a file of this media type."""
    schema = {"type": "string", "format": "binary"}
    return {status: {"description": description, "content": {media_type: {"schema": schema}}}}


def attachment(content: bytes, name: str, media_type: str, status: int = 200) -> Response:
    """A file to keep under this name; nobody on the way keeps it."""
    headers = ONCE | {"Content-Disposition": f'attachment; filename="{name}"'}
    kind = f"{media_type}; charset=utf-8" if media_type == CSV else media_type
    return Response(content, status, headers, kind)
