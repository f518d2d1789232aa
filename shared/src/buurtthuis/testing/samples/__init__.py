"""Two small services to try a backbone with: one writes notes, the other echoes them."""

from pathlib import Path

from buurtthuis.runtime.service import Service
from buurtthuis.testing.samples import domain, storage
from buurtthuis.testing.samples.domain import BROKEN, FAILED, Echo, Note, Page

__all__ = ["BROKEN", "FAILED", "Echo", "Note", "Page", "echoes", "notes", "storage"]

MIGRATIONS = Path(__file__).parent / "migrations"

notes = Service(
    name="sample_notes", summary="Writes notes.", rooms=(domain.writing,), migrations=MIGRATIONS / "notes"
)
echoes = Service(
    name="sample_echoes", summary="Echoes notes.", rooms=(domain.echoing,), migrations=MIGRATIONS / "echoes"
)
