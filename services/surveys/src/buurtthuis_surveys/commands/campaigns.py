"""What can be asked of campaigns."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Versions, Work
from buurtthuis.events.surveys import CampaignCounted, CampaignEnded, CampaignPlanned, CampaignStarted

from buurtthuis_surveys.domain.campaigns import Campaign, Stand

on = Handlers()


@dataclass(frozen=True)
class PlanCampaign:
    house_id: UUID
    title: str
    incentive: str
    stock: int
    stands: tuple[Stand, ...] = ()


@on.command
async def plan_campaign(command: PlanCampaign, work: Work) -> CampaignPlanned:
    return work.add(
        Campaign.plan(command.house_id, command.title, command.incentive, command.stock, command.stands)
    )


@dataclass(frozen=True)
class StartCampaign:
    campaign_id: UUID
    version: Versions | None = None


@on.command
async def start_campaign(command: StartCampaign, work: Work) -> CampaignStarted:
    return (await work.get(Campaign, command.campaign_id, command.version)).start()


@dataclass(frozen=True)
class HandOut:
    campaign_id: UUID
    count: int = 1


@on.command
async def hand_out(command: HandOut, work: Work) -> CampaignCounted:
    return (await work.get(Campaign, command.campaign_id)).hand_out(command.count)


@dataclass(frozen=True)
class UndoHandOut:
    campaign_id: UUID
    count: int = 1


@on.command
async def undo_hand_out(command: UndoHandOut, work: Work) -> CampaignCounted:
    return (await work.get(Campaign, command.campaign_id)).undo_hand_out(command.count)


@dataclass(frozen=True)
class CollectCards:
    campaign_id: UUID
    count: int = 1


@on.command
async def collect_cards(command: CollectCards, work: Work) -> CampaignCounted:
    return (await work.get(Campaign, command.campaign_id)).collect(command.count)


@dataclass(frozen=True)
class UndoCollectCards:
    campaign_id: UUID
    count: int = 1


@on.command
async def undo_collect_cards(command: UndoCollectCards, work: Work) -> CampaignCounted:
    return (await work.get(Campaign, command.campaign_id)).undo_collect(command.count)


@dataclass(frozen=True)
class EndCampaign:
    campaign_id: UUID
    version: Versions | None = None


@on.command
async def end_campaign(command: EndCampaign, work: Work) -> CampaignEnded:
    return (await work.get(Campaign, command.campaign_id, command.version)).end()
