"""Words that its events share."""

from enum import StrEnum


class Kind(StrEnum):
    """What people do at a session."""

    ROUND_TABLE = "round_table"
    MEET_AND_GREET = "meet_and_greet"
    COFFEE_TABLE = "coffee_table"
    WORKSHOP = "workshop"
    WALK = "walk"
    OTHER = "other"


class Outcome(StrEnum):
    """How a house ended. `handed_over`, the residents carry on by themselves, is success."""

    CONTINUED = "continued"
    HANDED_OVER = "handed_over"
    STOPPED = "stopped"


class Joining(StrEnum):
    """How people come to be in a house: whoever has an address, whoever has a code on paper, or whom staff add."""

    OPEN = "open"
    CODE = "code"
    STAFF = "staff"


class SeatRole(StrEnum):
    """What a seat apart from the capacity is for."""

    HOST = "host"
    INTERPRETER = "interpreter"
    CHILD_CARE = "child_care"


class Risk(StrEnum):
    """Why a series may come to an end."""

    HOST_LEFT = "host_left"
    GAP = "gap"


class Because(StrEnum):
    """Why something was cancelled or stopped, where nobody did that by itself: another thing brought it along.

    Whoever tells people finds a sentence by it, in their own language."""

    SERIES_PAUSED = "series_paused"
    SERIES_MOVED = "series_moved"
    NO_MORE_WANTED = "no_more_wanted"
    HOUSE_CONTINUED = "house_continued"
    HOUSE_HANDED_OVER = "house_handed_over"
    HOUSE_STOPPED = "house_stopped"


class FollowUpOutcome(StrEnum):
    """What the people in the room decided."""

    DECIDED = "decided"
    TIED = "tied"
    STOP = "stop"


class TaskKind(StrEnum):
    """What a person is asked to do, because no rule can do it."""

    FIND_A_HOST = "find_a_host"
    FIND_A_ROOM = "find_a_room"
    DISCUSS_FURTHER = "discuss_further"
