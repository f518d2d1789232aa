"""How texts are filled in: days, times, numbers and kinds of sessions as a language says them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from buurtthuis.core import languages
from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from buurtthuis_notifications.texts.consents import wording_in


def environment(tag: str, words: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """For one language. Texts run in a sandbox, since a corporation writes its own."""
    locale = languages.locale(tag)
    found = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.filters.update(
        day=lambda moment: day(moment, locale),
        time=lambda moment: clock(moment, locale),
        moment=lambda moment: languages.moment(
            day(moment, locale), words.get("at", ""), clock(moment, locale)
        ),
        brief=lambda moment: f"{brief_day(moment, locale)} {clock(moment, locale)}",
        brief_day=lambda moment: brief_day(moment, locale),
        plural=lambda number, **forms: plural(number, locale, forms),
        word=lambda name, group: words[f"{group}_{name}"],
    )
    found.globals["wording"] = lambda agreed, corporation: wording_in(tag, agreed, corporation)
    found.globals["named"] = lambda title, kind: title or words[f"kind_{kind}"]
    found.globals.update(session=_session, more=_more, why=_why, agreements=_agreements, purposes=_purposes)
    return found


@pass_context
def _session(context: Context) -> str:
    """What a session is, when, and where: a line each."""
    title, kind = context["title"], context["kind"]
    lines = (context["named"](title, kind), context.environment.filters["moment"](context["starts_at"]))
    return "\n".join((*lines, context["place"]))


@pass_context
def _why(context: Context) -> str:
    """Why something is off: what brought it along, as the language says it, and what somebody wrote."""
    because = context["because"]
    sentence = context.environment.filters["word"](because, "because") if because else ""
    return f"{sentence} {context['reason'] or ''}".strip()


@pass_context
def _more(context: Context) -> str:
    """Where to read on, where there is such a place: a paragraph of its own."""
    return f"\n\n{context['link']}" if context["link"] else ""


@pass_context
def _agreements(context: Context) -> str:
    """What somebody agrees to: a line each, in the language of the text around it."""
    said = (context["wording"](agreement, context["corporation"]) for agreement in context["agreed"])
    return "\n".join(f"– {line}" for line in said)


@pass_context
def _purposes(context: Context) -> str:
    """The same in a word each, in brackets."""
    word = context.environment.filters["word"]
    found = ", ".join(word(agreement["purpose"], "consent") for agreement in context["agreed"])
    return f" ({found})" if found else ""


def day(moment: date | datetime, locale: Locale) -> str:
    """`woensdag 6 februari`: the year is clear."""
    pattern = locale.datetime_skeletons["MMMEd"].pattern
    return format_date(moment, re.sub("E+", "EEEE", re.sub("M+", "MMMM", pattern)), locale=locale)


def brief_day(moment: date | datetime, locale: Locale) -> str:
    """`6-2`, in figures: for an SMS, where every letter counts. No mark turns it around."""
    pattern = locale.datetime_skeletons["Md"].pattern
    return format_date(moment, pattern, locale=locale).replace("\u200f", "")


def clock(moment: datetime, locale: Locale) -> str:
    """`19:30`, on 24 hours everywhere: it is what hangs on the wall in the Netherlands."""
    return format_time(moment, "HH:mm", locale=locale)


def plural(number: int, locale: Locale, forms: Mapping[str, Any]) -> str:
    """The form that goes with a number (CLDR: zero, one, two, few, many, other), with `#` as the number."""
    form = forms.get(locale.plural_form(number), forms["other"])
    return str(form).replace("#", str(number))
