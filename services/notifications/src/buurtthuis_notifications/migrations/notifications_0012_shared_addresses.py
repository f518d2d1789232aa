"""One telephone of two people is an address of both; each is called by a word of their own."""

from alembic import op

revision = "notifications_0012"
down_revision = "notifications_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX addresses_digest")
    op.execute("CREATE INDEX addresses_digest ON addresses (corporation, digest)")
    op.execute(
        "CREATE UNIQUE INDEX addresses_once_each ON addresses (corporation, digest, resident_id) "
        "WHERE kind IN ('email', 'mobile')"
    )
    op.execute("ALTER TABLE residents ADD called bytea")


def downgrade() -> None:
    op.execute("ALTER TABLE residents DROP called")
    op.execute("DROP INDEX addresses_once_each")
    op.execute("DROP INDEX addresses_digest")
    op.execute(
        "CREATE UNIQUE INDEX addresses_digest ON addresses (corporation, digest) WHERE kind IN ('email', 'mobile')"
    )
