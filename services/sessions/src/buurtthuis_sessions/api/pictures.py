"""QR codes: of a code that is shown in a room, and of a place that somebody shows at the door."""

import io
from typing import Annotated, Any

from buurtthuis.core.errors import Invalid
from buurtthuis.http.files import holds
from fastapi import Query
from pydantic import HttpUrl

Site = Annotated[
    HttpUrl | None,
    Query(
        description="Where a phone goes that sees it. The code is put behind a #, which browsers keep to themselves; "
        "without a site the picture holds the code alone.",
        examples=["https://buurtthuis.example/stem"],
    ),
]
SVG, PNG = "image/svg+xml", "image/png"


def picture(media_type: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers."""
    return holds(media_type, "A QR code.")


def qr(code: str, site: HttpUrl | None, kind: str) -> bytes:
    """The code, behind the address of a site where there is one. Raises Invalid where that is too long."""
    import segno

    drawing = io.BytesIO()
    try:
        drawn = segno.make_qr(f"{site}#{code}" if site else code, error="m")
    except segno.DataOverflowError:
        raise Invalid("This address is too long for a QR code.", place="?site") from None
    drawn.save(drawing, kind=kind, scale=8)
    return drawing.getvalue()
