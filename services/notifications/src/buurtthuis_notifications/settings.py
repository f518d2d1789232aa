"""What notifications needs to know besides what every service does, from the environment or `.env`."""

from pathlib import Path

from buurtthuis.core.settings import Settings, SettingsError
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from buurtthuis_notifications.vault import Vault


class NotificationSettings(BaseSettings):
    """Keys, and the roads to the outside. What is not set is not there: messages take another road, or none."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    vault_keys: str = Field(
        default="",
        description="Keys for contact data, newest first, with spaces between; `buurtthuis notifications key` makes one.",
    )
    vault_key_file: Path | None = Field(
        default=None,
        description="The same, one a line, in a file that is made on first use; left out: beside ISSUER_KEY_FILE.",
    )
    texts_folder: Path | None = Field(
        default=None, description="Corporations' own texts and rules, in a folder for each, by its slug."
    )
    smtp_url: str = Field(
        default="",
        description="Where e-mail goes: smtp+starttls://user:password@host:587, smtps://… or smtp://…",
    )
    mail_from: str = Field(default="buurtthuis@localhost", description="The address that e-mail comes from.")
    dkim_selector: str = Field(
        default="", description="Which key e-mail from MAIL_FROM is signed with, for the doctor to look at."
    )
    sms_url: str = Field(
        default="",
        description="Where SMS goes: a gateway's address as Apprise knows it, with {to} where the number goes "
        "and, where a corporation has one of its own, {from} where the sender does.",
    )
    sms_from: str = Field(default="BuurtThuis", description="What stands for {from} in SMS_URL.")
    vapid_key_file: Path | None = Field(
        default=None, description="A private P-256 key in PEM, which signs messages in browsers."
    )

    @classmethod
    def read(cls) -> "NotificationSettings":
        """What the environment says; SettingsError names the setting that cannot be used."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = "_".join(map(str, first["loc"])).upper()
            raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}.") from None

    def vault(self, settings: Settings) -> Vault:
        """The deployment's own. Raises SettingsError where there is no key."""
        if self.vault_keys:
            return Vault(self.vault_keys.split())
        beside = settings.issuer_key_file and settings.issuer_key_file.with_name("vault.keys")
        path = self.vault_key_file or beside
        if path is None:
            raise SettingsError("Set VAULT_KEYS or VAULT_KEY_FILE: contact data is sealed with it.")
        return Vault.in_file(path)
