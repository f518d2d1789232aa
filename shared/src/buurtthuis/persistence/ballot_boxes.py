"""Where ballot boxes are kept."""

from sqlalchemy import Boolean, Column, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis.domain.ballots import BallotBox
from buurtthuis.persistence.columns import Sealed, corporation_table, map_aggregate

mapper = registry()
boxes = corporation_table(
    "ballot_boxes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("salts", Sealed(tuple[bytes, ...])),
    Column("key", Sealed(bytes)),
    Column("spent", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)
map_aggregate(mapper, BallotBox, boxes)
