"""What is personal here: everything that goes when a resident asks to be forgotten, in one table.

A test compares it with the tables of the database; a column about people that is missing here fails it.
"""

from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.domain.privacy import Personal

from buurtthuis_surveys.domain.ballots import Voter
from buurtthuis_surveys.domain.cards import Card, Guesses
from buurtthuis_surveys.domain.closing import ClosingQuestion
from buurtthuis_surveys.domain.themes import Support, Theme

THEMES = Personal("themes", Theme, "proposed_by", ("proposed_by", "title", "reason", "reply"))
SUPPORT = Personal("support", Support, "resident_id")
CARDS = Personal("cards", Card, "claimed_by", ("claimed_by", "told_at", "salt", "code"))
#: Their ids follow from a resident's, and from the salts of a survey.
VOTERS = Personal("voters", Voter, "id")
GUESSED = Personal("guesses", Guesses, "id")
ASKED = Personal("closing questions", ClosingQuestion, "resident_id", ("resident_id", "objection"))
NEIGHBOURS = Personal("houses", Neighbour, "resident_id")
PERSONAL = (THEMES, SUPPORT, CARDS, VOTERS, GUESSED, ASKED, NEIGHBOURS)
