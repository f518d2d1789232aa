"""One suite of promises, on the fake and on the real thing."""

from collections.abc import AsyncIterator

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.testing import FakeBackbone, RealBackbone
from buurtthuis.testing.conformance import Backbone, BackbonePromises

from tests.shared.conftest import emptied_settings

sample_settings = emptied_settings


class TestTheFake(BackbonePromises):
    @pytest.fixture
    def backbone(self) -> Backbone:
        return FakeBackbone()


class TestTheRealThing(BackbonePromises):
    @pytest.fixture
    async def backbone(self, sample_settings: Settings) -> AsyncIterator[Backbone]:
        real = RealBackbone(sample_settings)
        yield real
        await real.close()
