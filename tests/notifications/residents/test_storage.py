"""Everything that leads to a resident in the database is in the table of what goes when they are forgotten."""

import re

from buurtthuis_notifications import storage
from buurtthuis_notifications.domain.personal import PERSONAL, TITLED
from sqlalchemy import inspect

from tests.personal_columns import PersonalColumns, covered

#: A column named like one of these is about somebody, whatever its type.
SOMEBODY = re.compile(
    r"resident|read_by|proposer|said_by|titled_by|person|member|actor|address|secret|digest$|words$"
)
#: What no resident wrote, what is gone in a day, and what stands for a request or another system.
NOBODYS = {
    "corporation",
    "rule",
    "codes.secret",
    "codes.digests",
    "codes.link",
    "codes.digits",
    "erasures.resident_id",  # a pseudonym that leads to nobody any more: the certificate
    "erasures.expects",
    "known_houses.title",
    "known_sessions.time_zone",
    "known_sessions.place",
    "webhooks.url",
    "webhooks.types",
    "webhooks.secret",
    "webhooks.old_secret",
    "webhook_attempts.type",
    "webhook_attempts.why",
}


COLUMNS = PersonalColumns(storage, SOMEBODY, frozenset(NOBODYS))


def test_every_column_about_somebody_goes_when_they_are_forgotten() -> None:
    personal = COLUMNS.personal()
    titles = {
        f"{inspect(kind).local_table.name}.{name}" for kind in TITLED for name in ("title", "titled_by")
    }
    assert personal >= {
        "addresses.secret",
        "announcements.words",
        "known_themes.proposer",
        "known_series.title",
    }
    assert personal - covered(PERSONAL) - titles == set(), (
        "put it into PERSONAL, or into NOBODYS where it is about nobody"
    )


def test_documents_in_columns_are_looked_at_by_a_person() -> None:
    """What is inside them no test can know: whoever adds one says here that nobody is in it, or that it goes."""
    assert COLUMNS.documents() == {
        "announcements.data",
        "announcements.words",
        "codes.wish",
        "erasures.answers",
        "sign_ins.earlier",
        "webhooks.cursors",
        "webhooks.trails",
        "wishes.digests",
        "wishes.off",
    }
