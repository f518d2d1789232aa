"""Why moderators look at something that somebody wrote."""

from enum import StrEnum


class Why(StrEnum):
    """What brought it to them."""

    SUBMITTED = "submitted"
    REPORTED = "reported"
    CHECKED = "checked"
    PROPOSED = "proposed"
