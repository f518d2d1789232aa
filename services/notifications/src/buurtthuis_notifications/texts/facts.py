"""What each text is told, with an example: texts are tried out with them, and previews show them."""

from datetime import date, datetime
from typing import Any

#: On the clock on the wall.
AT = datetime.fromisoformat

COMMON: dict[str, Any] = {
    "corporation": "Woonpartners Midden-Holland",
    "house": "BuurtThuis Wingerd",
    "link": "https://wingerd.example.nl/agenda",
}
SESSION = COMMON | {
    "title": "Koffietafel",
    "kind": "coffee_table",
    "starts_at": AT("2019-02-06T10:00"),
    "ends_at": AT("2019-02-06T12:00"),
    "place": "Ontmoetingsruimte Wingerd",
}
SERIES = COMMON | {"title": "Koffietafel", "kind": "coffee_table"}
THEME = COMMON | {"theme": "Samen koffie drinken"}
WHY = {"reason": "De verwarming is kapot."}
UNTIL = {"expires_at": AT("2019-02-05T18:00")}

EXAMPLES: dict[str, dict[str, Any]] = {
    "seat-registered": SESSION | {"waited": False, "given": False},
    "seat-waitlisted": SESSION,
    "seat-offered": SESSION | UNTIL,
    "seat-offer-expired": SESSION,
    "seat-withdrawn": SESSION,
    "host-confirmed": SESSION,
    "host-withdrew": SESSION | {"left": 1},
    "session-scheduled": SESSION,
    "session-rescheduled": SESSION
    | {"was_starts_at": AT("2019-02-06T14:00"), "was_place": "De Groene Kamer"},
    "session-cancelled": SESSION | WHY,
    "attendance-missing": SESSION,
    "session-not-held": SESSION | WHY,
    "session-reported": SESSION | {"report": "Wij willen elke week samen koffie drinken."},
    "follow-up-decided": COMMON | {"outcome": "decided"},
    "series-started": SERIES | {"starts_at": AT("2019-02-06T10:00")},
    "series-at-risk": SERIES | {"risk": "host_left"},
    "series-paused": SERIES,
    "series-stopped": SERIES | WHY,
    "task-raised": COMMON | {"task": "find_a_host"},
    "survey-opened": COMMON | {"closes_at": AT("2018-11-30T18:00")},
    "results-published": COMMON,
    "campaign-started": COMMON | {"incentive": "Zes oliebollen voor een idee", "stock": 40},
    "theme-admitted": THEME,
    "theme-rejected": THEME | WHY,
    "theme-merged": THEME | {"into": "Koffie en ontmoeten"},
    "theme-selected": THEME,
    "theme-answered": THEME | {"reply": "Vanaf februari is er elke week een koffietafel."},
    "house-paused": COMMON | WHY,
    "house-resumed": COMMON,
    "house-ended": COMMON
    | {"reason": "Wij hebben gedaan wat wij wilden doen."}
    | {"outcome": "continued", "anonymise_on": date(2019, 6, 29)},
    "case-opened": COMMON,
    "case-urgent": COMMON,
    "case-escalated": COMMON,
    "case-decided": COMMON
    | {"action": "mute", "rule": "discrimination", "reason": "U scheldt iemand uit om waar zij vandaan komt."}
    | {
        "decided_by": "moderator",
        "muted_until": AT("2019-01-20T12:00"),
        "appeal_until": AT("2019-02-02T12:00"),
    },
    "appeal-filed": COMMON,
    "appeal-decided": COMMON | {"upheld": True, "reason": "U bedoelde het anders dan wij dachten."},
    "moderator-appointed": COMMON,
    "moderators-wanted": COMMON | {"moderators": 1, "wanted": 2},
    "welcome": COMMON,
    "moved-out": COMMON,
    "session-tomorrow": SESSION,
    "session-soon": SESSION,
    "offer-expires": SESSION | UNTIL,
    "survey-closes": COMMON | {"closes_at": AT("2018-11-30T18:00")},
    "code": COMMON
    | {"code": "123456", "link": "https://wingerd.example.nl/code/abc", "minutes": 15}
    | {"agreed": [{"purpose": "messages", "wording": "Ik wil berichten krijgen."}]},
    "erasure-overdue": COMMON | {"missing": 2, "requested_at": AT("2019-02-01T09:00")},
    "webhook-off": COMMON,
    "digest": COMMON | {"items": ["Nieuwe bijeenkomst: Koffietafel", "De uitslag van de enquête"]},
}

#: What may have been taken back, or is not always there.
ERASED = frozenset({"title", "reason", "report", "reply", "theme", "into", "incentive", "link", "house"})
#: A survey may be open without an end; what was decided may be against no rule, and for ever; who signs in joins nothing.
OPEN_ENDED: dict[str, dict[str, Any]] = {
    "survey-opened": {"closes_at": None},
    "case-decided": {"rule": None, "appeal_until": None, "muted_until": None},
    "code": {"agreed": ()},
}


def barest(rule: str) -> dict[str, Any]:
    """The example, without anything that a text has to do without."""
    facts = EXAMPLES[rule]
    return facts | dict.fromkeys(ERASED & facts.keys()) | OPEN_ENDED.get(rule, {})
