"""What a corporation says in a folder of its own: other texts, rules that are off, its office and its site."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from buurtthuis.core.settings import SettingsError
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, HttpUrl, ValidationError

from buurtthuis_notifications.domain.rules import BY_NAME


def _a_rule(name: str) -> str:
    if name not in BY_NAME:
        raise ValueError(f"there is no rule called {name!r}")
    return name


def _an_address(written: str) -> str:
    try:
        return validate_email(written, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("is not an e-mail address") from None


class Own(BaseModel):
    """`<folder>/<slug>/rules.toml`. Rules in `off` tell nobody; `staff` is an office's mailbox, not a person's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    off: frozenset[Annotated[str, AfterValidator(_a_rule)]] = frozenset()
    staff: Annotated[str, AfterValidator(_an_address)] | None = None
    site: HttpUrl | None = None

    @classmethod
    def load(cls, folder: Path | None, slug: str) -> Self:
        """What the file says; nothing of its own where there is none. Raises SettingsError."""
        path = folder and folder / slug / "rules.toml"
        if not path or not path.exists():
            return cls()
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise SettingsError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path}: {error}.") from None
