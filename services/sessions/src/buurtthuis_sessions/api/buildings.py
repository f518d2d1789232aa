"""By which ids others know a building: those of the BAG, and of the corporation's own administration."""

from typing import Annotated

from buurtthuis.http.models import TYPED, Written
from pydantic import Field

BagId = Annotated[
    str,
    Field(
        examples=["0627100000012345"],
        description="Its id in the BAG: four figures of the municipality, two of the kind of object, ten of the object "
        "(Catalogus BAG 2018). Kinds are 01 (verblijfsobject), 02 (ligplaats), 03 (standplaats) and 10 (pand).",
    ),
    Written(
        r"^[0-9]{4}(01|02|03|10)[0-9]{10}$",
        "An id of the BAG has sixteen figures, of which the fifth and sixth are 01, 02, 03 or 10",
    ),
    TYPED,
]
VeraId = Annotated[
    str,
    Field(examples=["C-0042"], description="Its id in your own administration, as VERA has it."),
    Written(
        r"^[A-Za-z0-9_.:-]{1,64}$", "An id has letters, figures, and the signs . _ : - alone, 64 at most"
    ),
    TYPED,
]
