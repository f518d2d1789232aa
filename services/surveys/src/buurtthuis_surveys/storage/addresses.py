"""Where the addresses of houses are kept."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Column, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.addresses import Address, AddressList

mapper = registry()

address_lists = corporation_table(
    "address_lists",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("addresses", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

addresses = corporation_table(
    "addresses",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("street", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("addition", String, nullable=False),
    Column("postcode", String, nullable=False),
    Column("town", String, nullable=False),
    Column("entrance", String, nullable=False),
    Column("walk", Integer),
    Column("language", String),
    Column("bag_id", String),
    Column("vera_id", String),
    Column("on_the_way", String, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, AddressList, address_lists)
map_aggregate(mapper, Address, addresses)
