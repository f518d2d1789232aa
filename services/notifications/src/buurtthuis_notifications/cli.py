"""Look at what residents read, before they do."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from buurtthuis.cli.console import clear_errors, console
from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Words

# This module is read whenever anybody says `buurtthuis`: what takes time to import waits until it is wanted.
if TYPE_CHECKING:
    from buurtthuis.core.corporations import Corporations

    from buurtthuis_notifications.texts import Text, Texts

cli = typer.Typer(help=__doc__, no_args_is_help=True)

RuleArgument = Annotated[str | None, typer.Argument(help="A rule by its name; left out, all are listed.")]
LanguageOption = Annotated[
    str, typer.Option("--language", "-l", help="A language tag: nl-x-b1, nl, en, ar, …")
]
CorporationOption = Annotated[
    str | None,
    typer.Option("--corporation", "-c", help="Whose texts, by its slug; left out: who has the language."),
]
PageOption = Annotated[
    Path | None, typer.Option("--html", help="Write it as an e-mail's page into this file.")
]
BareOption = Annotated[
    bool, typer.Option("--bare", help="As it reads when what people wrote was taken back.")
]


@cli.command()
def preview(
    rule: RuleArgument = None,
    language: LanguageOption = "nl-x-b1",
    corporation: CorporationOption = None,
    html: PageOption = None,
    bare: BareOption = False,
) -> None:
    """Show a message as a resident reads it, with made-up facts: any rule, in any language."""
    from buurtthuis_notifications.texts.examples import EXAMPLES, barest

    with clear_errors():
        corporations, texts = _texts()
        slug = corporation or _first_with(language, corporations)
        _known("corporation", slug, corporations)
        if rule is None:
            console.print(_rules(texts, slug))
            return
        _known("rule", rule, EXAMPLES)
        facts = (barest(rule) if bare else EXAMPLES[rule]) | {"corporation": corporations[slug].name}
        text = texts.render(slug, rule, language, lambda tag: facts | _held(texts, slug, rule, tag))
    if text.language != language:
        console.print(f"There is no such text in {escape(language)}: this is what is read instead.\n")
    for shown in (text, text.below):
        if shown:
            console.print(_panel(shown))
    if html:
        html.write_text(_page(texts, slug, text), encoding="utf-8")
        console.print(f"Written: {escape(str(html))}")


@cli.command()
def check() -> None:
    """Try every text of every corporation, and say which come in plain Dutch for want of a translation, and which an SMS cuts."""
    from buurtthuis_notifications.domain.rules import RULES

    with clear_errors():
        corporations, texts = _texts()
        texts.try_out()
    lacking = Counter((lack.corporation, lack.language) for lack in texts.missing)
    table = Table("Corporation", "Language", "In plain Dutch instead", box=None)
    for (slug, language), count in lacking.items():
        table.add_row(slug, language, _which(texts, slug, language) if count < len(RULES) else "every text")
    console.print(f"The texts of {len(corporations)} corporations are well.")
    console.print(table if lacking else "Every one of them is there in every language.")
    cut = [*texts.cut_in_sms()]
    for slug, language, name in cut:
        console.print(f"{slug}, {language}: an SMS cuts {name}; give it a shorter `sms`.")
    if not cut:
        console.print("Every one of them fits into one SMS.")


@cli.command()
def key() -> None:
    """Make a key for VAULT_KEYS, which contact data is sealed with. Keep it: nothing else opens what it sealed."""
    from buurtthuis_notifications.vault import new_key

    print(new_key())


def _texts() -> "tuple[Corporations, Texts]":
    from buurtthuis.core.corporations import Corporations
    from buurtthuis.core.settings import Settings

    from buurtthuis_notifications.settings import NotificationSettings
    from buurtthuis_notifications.texts import Texts

    corporations = Corporations.load(Settings.read().corporations_file)
    return corporations, Texts(corporations, NotificationSettings.read().texts_folder)


@cli.command("test-mail")
def test_mail(address: Annotated[str, typer.Argument(help="Where it goes: a mailbox of your own.")]) -> None:
    """Send one e-mail by SMTP_URL, and say what the server answered."""
    with clear_errors():
        console.print(asyncio.run(_test_mail(address)))


async def _test_mail(address: str) -> str:
    from uuid import uuid4

    from buurtthuis.core.settings import SettingsError

    from buurtthuis_notifications.channels import TryLater, Undeliverable
    from buurtthuis_notifications.channels.email import EmailRoad, MailServer
    from buurtthuis_notifications.domain.rules import Urgency
    from buurtthuis_notifications.rendering.outgoing import Outgoing
    from buurtthuis_notifications.settings import NotificationSettings
    from buurtthuis_notifications.texts import Text

    ours, words = (
        NotificationSettings.read(),
        "Dit is een proefbericht van BuurtThuis. U hoeft niets te doen.",
    )
    if not ours.smtp_url:
        raise SettingsError("Set SMTP_URL: there is no road for e-mail.")
    road, text = (
        EmailRoad(MailServer(ours.smtp_url), ours.mail_from),
        Text("nl", "ltr", "✉️", "Proefbericht", words, words),
    )
    try:
        await road.send(Outgoing(uuid4(), address, text, f"<p>{words}</p>", Urgency.NORMAL, "BuurtThuis"))
    except (TryLater, Undeliverable) as refused:
        raise SettingsError(f"It did not go: {refused}.") from None
    finally:
        await road.close()
    return f"The server took it, from {ours.mail_from}. Whether it arrives, only that mailbox can say."


@cli.command()
def rotate() -> None:
    """Seal everything anew with the first of VAULT_KEYS; after that the others can go. It can be done while all runs."""
    with clear_errors():
        asyncio.run(_rotate())


async def _rotate() -> None:
    from buurtthuis.core.corporations import Corporations
    from buurtthuis.core.settings import Settings
    from buurtthuis.persistence.engine import Database

    from buurtthuis_notifications.settings import NotificationSettings
    from buurtthuis_notifications.workers.key_rotation import rotate as sealed_anew

    settings = Settings.read().for_service("notifications")
    vault = NotificationSettings.read().vault(settings)
    database = Database(settings.database_url)
    try:
        done = await sealed_anew(database, Corporations.load(settings.corporations_file).values(), vault)
    finally:
        await database.close()
    console.print(f"{done} secrets are sealed with the newest key.")


def _held(texts: "Texts", slug: str, rule: str, tag: str) -> dict[str, Any]:
    """What a digest holds, as its reader reads that."""
    from buurtthuis_notifications.domain.messages import DIGEST
    from buurtthuis_notifications.texts.examples import EXAMPLES

    if rule != DIGEST:
        return {}
    held = ("session-scheduled", "results-published")
    return {"items": [texts.render(slug, rule_held, tag, EXAMPLES[rule_held]).subject for rule_held in held]}


def _first_with(language: str, corporations: "Corporations") -> str:
    having = (slug for slug, corporation in corporations.items() if language in corporation.languages)
    return next(having, next(iter(corporations)))


def _known(what: str, name: str, names: "Corporations | dict[str, dict[str, object]]") -> None:
    if name not in names:
        raise typer.BadParameter(f"there is no {what} called {name}; there are {', '.join(names)}")


def _rules(texts: "Texts", slug: str) -> Table:
    from buurtthuis_notifications.domain.rules import RULES
    from buurtthuis_notifications.texts.pictograms import PICTOGRAMS

    table = Table("", "Rule", "For", "Urgency", "", box=None)
    for rule in RULES:
        off = "off" if rule.name in texts.own[slug].off else ""
        to = ", ".join(rule.to)
        table.add_row(PICTOGRAMS[rule.name], rule.name, to, rule.urgency.value, off)
    return table


def _panel(text: "Text") -> Panel:
    """As a message looks, on the side that its letters begin on."""
    side: Literal["left", "right"] = "right" if text.direction == "rtl" else "left"
    short = Words(f"SMS ({len(text.sms)}): {text.sms}", style="dim", justify=side)
    return Panel(
        Group(Words(text.body, justify=side), "", short),
        title=Words(f"{text.pictogram} {text.subject}", style="bold"),
        title_align=side,
        subtitle=f"{text.language}, {text.direction}",
        width=min(console.width, 80),
        padding=(1, 2),
    )


def _page(texts: "Texts", slug: str, text: "Text") -> str:
    from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
    from buurtthuis_notifications.texts.layout import as_html

    words, below = texts.words(slug, text.language), texts.words(slug, PLAIN_DUTCH)
    return as_html(text, words, below, seen=True, unsubscribe=True)


def _which(texts: "Texts", slug: str, language: str) -> str:
    return ", ".join(
        lack.rule for lack in texts.missing if (lack.corporation, lack.language) == (slug, language)
    )
