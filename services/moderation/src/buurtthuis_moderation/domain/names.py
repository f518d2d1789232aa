"""Names that residents take on a page, and those that nobody may take: they belong to whoever keeps it."""

from buurtthuis.corporations import Corporation
from buurtthuis.errors import Refused
from buurtthuis.texts import is_one_line

from buurtthuis_moderation.domain.checks import Checks
from buurtthuis_moderation.domain.looks import squeezed

RESERVED = (
    *(
        "admin",
        "beheer",
        "buurtthuis",
        "corporatie",
        "gemeente",
        "helpdesk",
        "huismeester",
        "moderat",
        "politie",
    ),
    *("systeem", "system", "verhuurder", "wijkagent", "wijkplatform", "woonconsulent"),
)


class NameReserved(Refused):
    """This name looks like one of those who run the page. Please take another, so that nobody is mistaken."""

    status = 422


class NameUnfit(Refused):
    """A name is on one line, has a letter in it, and no address, link or word that hurts."""

    status = 422


class NameTaken(Refused):
    """Somebody on this page has this name, or one that looks like it. Please take another."""


def check_name(name: str, corporation: Corporation, own: Checks) -> None:
    """Raises NameReserved, also for what only looks like a reserved name, or NameUnfit."""
    look, strict = squeezed(name), Checks(words=own.words, links=own.links)
    if any(squeezed(one) in look for one in (*RESERVED, corporation.name, corporation.slug)):
        raise NameReserved(field="/name")
    if not is_one_line(name) or not any(one.isalpha() for one in name) or strict.judge(name, floods=False):
        raise NameUnfit(field="/name")
