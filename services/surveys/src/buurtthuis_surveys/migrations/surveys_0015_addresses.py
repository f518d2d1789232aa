"""The addresses of houses, and that a house has a list of them."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0015"
down_revision = "surveys_0014"
branch_labels = None
depends_on = None

TABLES = ("address_lists", "addresses")

STATEMENTS = (
    """
    CREATE TABLE address_lists (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        addresses integer NOT NULL,
        version integer NOT NULL
    )
    """,
    # Sorted as machines sort, whatever language the database speaks: the numbers in it are filled up with zeros.
    """
    CREATE TABLE addresses (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        street text NOT NULL,
        number integer NOT NULL,
        addition text NOT NULL,
        postcode text NOT NULL,
        town text NOT NULL,
        entrance text NOT NULL,
        walk integer,
        language text,
        bag_id text,
        vera_id text,
        on_the_way text NOT NULL COLLATE "C",
        version integer NOT NULL
    )
    """,
    "CREATE INDEX addresses_house ON addresses (corporation, house_id, on_the_way, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        belongs_to_one_corporation(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
