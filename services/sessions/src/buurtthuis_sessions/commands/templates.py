"""What can be asked of templates."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Versions, Work
from buurtthuis.events.sessions import TemplateChanged, TemplateKept, TemplateShared, TemplateUnshared

from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.templates import Entry, Template

on = Handlers()


@dataclass(frozen=True)
class KeepTemplate:
    house_id: UUID
    title: str


@on.command
async def keep_template(command: KeepTemplate, work: Work) -> TemplateKept:
    house = await work.share(House, command.house_id)
    series = await work.find(Series, house_id=house.id)
    sessions = await work.find(Session, house_id=house.id)
    rules = {known.id: known.plan.rule for known in series if known.plan}
    return work.add(Template.keep(command.title, sessions, rules))


@dataclass(frozen=True)
class ChangeTemplate:
    template_id: UUID
    title: str
    entries: tuple[Entry, ...]
    version: Versions | None = None


@on.command
async def change_template(command: ChangeTemplate, work: Work) -> TemplateChanged:
    template = await work.get(Template, command.template_id, command.version)
    return template.change(command.title, command.entries)


@dataclass(frozen=True)
class ShareTemplate:
    """`checked` says that somebody read every title, and that nobody is named."""

    template_id: UUID
    checked: bool
    version: Versions | None = None


@on.command
async def share_template(command: ShareTemplate, work: Work) -> TemplateShared:
    template = await work.get(Template, command.template_id, command.version)
    return template.share(checked=command.checked)


@dataclass(frozen=True)
class UnshareTemplate:
    template_id: UUID
    version: Versions | None = None


@on.command
async def unshare_template(command: UnshareTemplate, work: Work) -> TemplateUnshared:
    return (await work.get(Template, command.template_id, command.version)).unshare()
