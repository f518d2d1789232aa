"""Everything that leads to a resident in the database is in the table of what goes when they ask for it."""

import re

from buurtthuis_surveys import storage
from buurtthuis_surveys.domain.personal import PERSONAL
from buurtthuis_surveys.storage.addresses import addresses

from tests.personal_columns import PersonalColumns, covered

#: A column named like one of these is about somebody, whatever its type.
SOMEBODY = re.compile(
    r"resident|proposed_by|claimed_by|entered_by|voter|person|member|actor|token|secret|code$|salt$"
)
#: Text that no resident wrote, or that nobody can tell whose it is.
NOBODYS = {
    "corporation",
    "themes.entered_by",  # staff, who typed it in
    "themes.organisation",  # the word that a corporation calls a chain partner by
    "campaigns.title",
    "campaigns.incentive",
    "cards.number",
    "surveys.seed",
    "ballots.language",
    "sealed",  # ballots and codes, apart from whoever has them
    "letter_runs.document",  # sealed too
    "letter_runs.why",  # what refused them, in our words
    "surveys.salts",  # of the survey, and of nobody
    # of a house, whoever lives there: a list of addresses names nobody
    *(f"addresses.{column.name}" for column in addresses.c),
    "answers.text",  # apart from whoever wrote it: that is the promise of a ballot
}


COLUMNS = PersonalColumns(storage, SOMEBODY, frozenset(NOBODYS))


def test_every_column_about_somebody_goes_when_they_ask_for_it() -> None:
    personal = COLUMNS.personal()
    assert personal >= {
        "themes.title",
        "themes.proposed_by",
        "cards.claimed_by",
        "theme_supports.resident_id",
    }
    assert personal - covered(PERSONAL) == set(), (
        "put it into PERSONAL, or into NOBODYS where it is about nobody"
    )


def test_documents_in_columns_are_looked_at_by_a_person() -> None:
    """What is inside them no test can know: whoever adds one says here that nobody is in it."""
    assert COLUMNS.documents() == {
        "campaigns.stands",
        "surveys.form",
        "surveys.corrections",  # words that staff wrote, before and after
        "surveys.results",
        "mailings.responses",  # how many answered, by entrance
    }
