"""Settings: read from the environment and `.env`, checked once, passed on as values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingError

_SECRETIVE = re.compile(r"(?:KEYS?|TOKEN|SECRET|PASSWORD|HEADERS)$")


class Settings(BaseSettings):
    """Everything an operator can set. `load_settings` reads it and turns mistakes into one readable line."""

    model_config = SettingsConfigDict(
        env_prefix="LUCY_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    slack_bot_token: SecretStr | None = Field(
        None,
        validation_alias="SLACK_BOT_TOKEN",
        description="Bot token (`xoxb-…`) of the one workspace to serve.",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        validation_alias="SLACK_APP_TOKEN",
        description="App-level token (`xapp-…`); when set, Lucy uses Socket Mode and needs no public URL.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None, validation_alias="SLACK_SIGNING_SECRET", description="Signs what Slack sends over HTTP."
    )
    slack_client_id: str | None = Field(
        None, validation_alias="SLACK_CLIENT_ID", description="For installs into many workspaces over OAuth."
    )
    slack_client_secret: SecretStr | None = Field(
        None,
        validation_alias="SLACK_CLIENT_SECRET",
        description="For installs into many workspaces over OAuth.",
    )
    slack_api_url: str = Field(
        "https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="Where Slack's Web API is, `/api` included; files come from the same host, or from `files.` before it.",
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 15 to 18; unset, Lucy runs her own in `LUCY_HOME`.",
    )
    host: str = Field("127.0.0.1", validation_alias="HOST", description="Address to listen on.")
    port: int = Field(3000, validation_alias="PORT", ge=0, le=65535, description="Port to listen on.")
    home: Path = Field(
        Path(".lucy"),
        description="Folder of the embedded database, and of what was paid for while a database was away.",
    )
    tiers: str = Field(
        "default",
        description="A preset (`default`, `classic`, `openrouter`, `local`) or the path of a tiers file.",
    )
    ledger_months: int | None = Field(
        None,
        ge=2,
        description="Months of single calls to keep beside the present one; older ones are dropped, their sums stay. "
        "Unset: all.",
    )
    reply_days: int = Field(14, ge=7, description="Days for which it is known where an answer stands in Slack.")
    audit_months: int | None = Field(None, ge=1, description="Months of the audit log to keep. Unset: all.")
    departed_days: int = Field(
        90, ge=1, le=36_500, description="Days after which what is stored of a workspace that removed Lucy is deleted."
    )
    departed_sums: bool = Field(
        True, description="Whether what such a workspace spent stays by day and model, without its name."
    )
    shadow: float = Field(
        0.0,
        ge=0,
        le=0.02,
        description="Share of cheap answers that a stronger model judges afterwards, unseen and within the budgets, "
        "for `lucy learn`; 0 to 0.02.",
    )
    encryption_keys: Annotated[list[SecretStr], NoDecode] = Field(
        default_factory=list,
        description="Fernet keys, newest first, separated by commas; needed with `SLACK_CLIENT_ID`, "
        "else derived from the bot token.",
    )
    metrics_addr: str = Field(
        "127.0.0.1:9464",
        description="Where `/metrics` is served; `off` for nowhere.",
    )
    otlp_endpoint: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="URL of an OpenTelemetry collector (OTLP over HTTP) that gets one trace per ask; unset, none is made.",
    )
    migrate: Literal["on", "off"] = Field(
        "on",
        description="`off`: refuse to start when the database is behind, instead of migrating it.",
    )
    concurrency: int = Field(
        16,
        ge=1,
        le=500,
        description="How many asks one process answers at a time.",
    )
    sharded: bool = Field(
        False,
        description="`1` on a Citus cluster, after `lucy db distribute`: asks are claimed inside one workspace.",
    )
    lease_s: float = Field(
        60,
        ge=1,
        description="Seconds after which another worker takes over the ask of a dead one.",
    )
    settle_s: float = Field(
        20,
        ge=0,
        description="Seconds to wait before looking whether a post whose fate is unknown stands in Slack.",
    )
    most_waiting: int = Field(
        100,
        ge=1,
        description="How many asks of one person may wait; twice as many in a thread, forty times in a workspace. "
        "More are refused, in words.",
    )
    slack_rate: float = Field(
        1,
        gt=0,
        description="Times Slack's published rates at which Lucy calls it at most, all replicas together.",
    )
    stream_every_s: float = Field(
        1,
        ge=0,
        le=60,
        description="Seconds between two updates of an answer while it is made; 0 posts answers when they are whole.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")
    log_format: Literal["json", "console"] = Field(
        "console",
        description="`json` for machines, `console` for people.",
    )

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return [key.strip() for key in value.split(",") if key.strip()] if isinstance(value, str) else value

    @field_validator("slack_api_url")
    @classmethod
    def _web_api(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") + "/"

    @field_validator("metrics_addr")
    @classmethod
    def _address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value != "off" and not (host and port.isdecimal() and int(port) <= 65535):
            raise ValueError("must be host:port or off")
        return value


def load_settings() -> Settings:
    """The settings of this process. Raises SettingError with one line that names the variable at fault."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = variable_of(str(first["loc"][0])) if first["loc"] else "settings"
        raise SettingError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None


def check_for_slack(settings: Settings) -> None:
    """What `lucy run` needs of Slack. Raises SettingError."""
    if settings.slack_bot_token and settings.slack_client_id:
        raise SettingError(
            "SLACK_BOT_TOKEN and SLACK_CLIENT_ID are both set: serve one workspace with the token, "
            "or many over OAuth, not both"
        )
    if not settings.slack_bot_token and not settings.slack_client_id:
        raise SettingError(
            "SLACK_BOT_TOKEN is not set (or SLACK_CLIENT_ID for many workspaces); `lucy demo` needs neither"
        )
    if settings.slack_client_id and not settings.slack_client_secret:
        raise SettingError("SLACK_CLIENT_SECRET is not set, but SLACK_CLIENT_ID is")
    if settings.slack_client_id and not settings.encryption_keys:
        raise SettingError(
            "LUCY_ENCRYPTION_KEYS is not set: it protects the tokens of the workspaces that install Lucy"
        )
    if not settings.slack_app_token and not settings.slack_signing_secret:
        raise SettingError("SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) must be set")
    _check_prefix("SLACK_BOT_TOKEN", settings.slack_bot_token, "xoxb-")
    _check_prefix("SLACK_APP_TOKEN", settings.slack_app_token, "xapp-")


def _check_prefix(name: str, value: SecretStr | None, prefix: str) -> None:
    if value is not None and not value.get_secret_value().startswith(prefix):
        raise SettingError(f"{name}: begins with {prefix}… in Slack's app settings; this one does not")


def provider_keys() -> Mapping[str, str]:
    """Every non-empty variable of the environment and `.env`, provider keys among them; the former wins."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value}
    return {**from_file, **{name: value for name, value in os.environ.items() if value}}


def secrets_of(settings: Settings, environment: Mapping[str, str]) -> set[str]:
    """Every value that must not be read in a log: what is set as a secret, and variables that are named like one."""
    values = [value for value in dict(settings).values() if isinstance(value, SecretStr)] + settings.encryption_keys
    known = {value.get_secret_value() for value in values}
    known |= {value for name, value in environment.items() if _SECRETIVE.search(name)}
    return known | {password for url in known if (password := _password(url))}


def _password(url: str) -> str:
    """What stands for the password in a URL, as it is meant; nothing in what is no URL."""
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""


def variable_of(field: str) -> str:
    """The name of the environment variable that sets a field of Settings."""
    known = Settings.model_fields.get(field)
    return str(known.validation_alias or f"LUCY_{field.upper()}") if known else field.upper()
