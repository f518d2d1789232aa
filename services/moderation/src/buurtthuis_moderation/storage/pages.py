"""Where it is kept how the pages of houses are looked after, and by whom."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import ARRAY, Column, Date, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis_moderation.domain.pages import Page, PageState, Rules

mapper = registry()

pages = corporation_table(
    "pages",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("rules", Whole(Rules), nullable=False),
    Column("moderators", ARRAY(Uuid, as_tuple=True), nullable=False),
    Column("guide_id", Uuid),
    Column("state", word(PageState), nullable=False),
    Column("anonymise_on", Date),
    Column("removed", Whole(dict[str, int])),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Page, pages)
