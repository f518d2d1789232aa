"""Where follow-up votes are kept: counts, and apart from them who voted."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, map_part, word
from sqlalchemy import ARRAY, Boolean, Column, DateTime, ForeignKey, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis_sessions.domain.codes import WrongCodes
from buurtthuis_sessions.domain.follow_ups.counting import Counts, Option
from buurtthuis_sessions.domain.follow_ups.states import VoteState
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote, Voter

mapper = registry()

votes = corporation_table(
    "follow_up_votes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("options", Whole(tuple[Option, ...]), nullable=False),
    Column("at_most", Integer, nullable=False),
    Column("places", Integer, nullable=False),
    Column("present", Integer, nullable=False),
    Column("walk_ins", Integer, nullable=False),
    Column("closes_at", DateTime(timezone=True)),
    Column("code", String),
    Column("state", word(VoteState), nullable=False),
    Column("phones", Whole(Counts), nullable=False),
    Column("sealed", LargeBinary),
    Column("cards", Whole(Counts), nullable=False),
    Column("winners", ARRAY(Uuid, as_tuple=True), nullable=False),
    Column("tied", ARRAY(Uuid, as_tuple=True), nullable=False),
    Column("told", Integer, nullable=False),
    Column("told_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

voters = corporation_table(
    "follow_up_voters",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("vote_id", Uuid, ForeignKey("follow_up_votes.id"), nullable=False),
    Column("known_as", Uuid, nullable=False),
    Column("walked_in", Boolean, nullable=False),
)

wrong_codes = corporation_table(
    "wrong_codes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

map_part(mapper, Voter, voters)
map_aggregate(
    mapper,
    FollowUpVote,
    votes,
    properties={
        "voters": relationship(Voter, lazy="selectin", order_by=voters.c.id, cascade="all, delete-orphan")
    },
)
map_aggregate(mapper, WrongCodes, wrong_codes)
