"""For tests of services, ours and yours.

`FakeWork` and `FakeBackbone` keep the promises of the real thing in memory, in milliseconds;
`playground` runs the real thing; `conformance` is the one suite that both of them pass.
"""

from buurtthuis.testing.fake import FakeBackbone, FakeWork
from buurtthuis.testing.real import PATIENCE_SECONDS, Clock, Playground, RealBackbone, eventually, playground

__all__ = [
    "PATIENCE_SECONDS",
    "Clock",
    "FakeBackbone",
    "FakeWork",
    "Playground",
    "RealBackbone",
    "eventually",
    "playground",
]
