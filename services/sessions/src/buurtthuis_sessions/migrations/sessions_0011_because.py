"""Why something was cancelled or stopped by what happened to another thing; until now that was a Dutch sentence."""

import sqlalchemy as sa
from alembic import op

revision = "sessions_0011"
down_revision = "sessions_0010"
branch_labels = None
depends_on = None

SENTENCES = {
    "series_paused": "Deze reeks ligt even stil.",
    "series_moved": "Het tijdstip is anders geworden.",
    "no_more_wanted": "De mensen die er waren, willen dit niet meer.",
}
FAREWELLS = {
    "house_continued": " gaat op een andere manier verder: ",
    "house_handed_over": " is overgedragen aan de bewoners: ",
    "house_stopped": " is gestopt: ",
}
TABLES = ("sessions", "series")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD because text")
    for table in (*TABLES, "houses"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")  # of every corporation
    for table in TABLES:
        _say_why(table)
    for table in (*TABLES, "houses"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _say_why(table: str) -> None:
    off, house = _columns(table), _columns("houses")
    for because, sentence in SENTENCES.items():
        told = sa.update(off).where(off.c.reason == sentence)
        op.execute(told.values(because=because, reason=None))
    for because, words in FAREWELLS.items():
        farewell = house.c.title + words + house.c.reason
        told = sa.update(off).where(house.c.id == off.c.house_id, off.c.reason == farewell)
        op.execute(told.values(because=because, reason=house.c.reason))


def _columns(table: str) -> sa.TableClause:
    return sa.table(table, *map(sa.column, ("id", "house_id", "title", "reason", "because")))


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP because")
