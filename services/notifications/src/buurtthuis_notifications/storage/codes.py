"""Where codes, sign-ins and allowances are kept: traces, by which nobody gets in."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import ARRAY, Column, DateTime, Integer, LargeBinary, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.addresses import AddressKind
from buurtthuis_notifications.domain.allowances import CodeAllowance
from buurtthuis_notifications.domain.codes import CodeRequest, OneTimeCode
from buurtthuis_notifications.domain.sign_ins import Replaced, SignIn

mapper = registry()

codes = corporation_table(
    "codes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", word(AddressKind), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("digests", ARRAY(LargeBinary, as_tuple=True), nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("digits", LargeBinary, nullable=False),
    Column("wish", Whole(CodeRequest), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("adds", Uuid),
    Column("tries", Integer, nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("let_in", Uuid),
    Column("version", Integer, nullable=False),
)

sign_ins = corporation_table(
    "sign_ins",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("resident_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signed_in_at", DateTime(timezone=True), nullable=False),
    Column("renewed_at", DateTime(timezone=True), nullable=False),
    Column("before", LargeBinary),
    Column("earlier", Whole(tuple[Replaced, ...]), nullable=False),
    Column("turn", Uuid),
    Column("ended_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

allowances = corporation_table(
    "allowances",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("used", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, OneTimeCode, codes)
map_aggregate(mapper, SignIn, sign_ins)
map_aggregate(mapper, CodeAllowance, allowances)
