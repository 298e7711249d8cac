"""Settings: environment variables `LAMP_*` and `.env`; command-line options override them."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from knowledge.errors import BadConfiguration

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Settings(BaseSettings):
    """What can be set from outside. Seconds and counts say so in their names."""

    model_config = SettingsConfigDict(env_prefix="LAMP_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="where database and indexes live")
    database_url: str = Field("", description="system of record; empty: SQLite in the data folder")
    adapter: Path | None = Field(None, description="adapter folder of the LAM; empty: the shipped one")
    tenant: str = Field("default", description="whose knowledge and memory to use")
    requester: str = Field("", description="account name of the person asking, sent to applications")
    host: str = Field("127.0.0.1", description="address the service listens on")
    port: int = Field(8600, ge=0, le=65535, description="port of the service; 0 picks a free one")
    helpdesk_port: int = Field(8601, ge=0, le=65535, description="port of the practice help desk; 0 picks a free one")
    allowed_hosts: tuple[str, ...] = Field((), description="further host names browsers may use, as JSON list")
    max_steps: int = Field(12, ge=1, description="steps after which a run stops")
    max_seconds: float = Field(120.0, gt=0, description="seconds after which a run stops, waiting not counted")
    worker: str = Field("", description="name of this machine among those that share a PostgreSQL record")
    answer_timeout_s: float = Field(604_800.0, gt=0, description="how long a run waits for a person")
    approval_ttl_s: float = Field(3600.0, gt=0, description="how long an approval is good for once it was given")
    policy: Path | None = Field(None, description="policy file; empty: the shipped one")
    dry_run: bool = Field(False, description="decide and record everything, change nothing")
    max_open_runs: int = Field(64, ge=1, description="runs the service carries out, or lets wait, at the same time")
    requests_per_minute: int = Field(600, ge=1, description="requests the API takes of one key, or address, a minute")
    max_body_mb: float = Field(20.0, gt=0, description="megabytes of a request's body, at most")
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="what is logged to stderr")
    redact: tuple[str, ...] = Field((), description="what is never kept: named patterns, or name=regex, as JSON list")
    secrets: dict[str, SecretStr] = Field({}, description="secrets of applications by [tenant/]name, as JSON object")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'lamplighter.db'}"

    @property
    def workflows(self) -> str:
        """Where DBOS keeps which runs are under way: a file beside the record's, or the record's own PostgreSQL."""
        if self.database_url.startswith("postgres"):
            return self.database_url
        return f"sqlite:///{self.data_dir / 'workflows.db'}"

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    @property
    def loopback_only(self) -> bool:
        """Whether only this machine is meant to reach the service; a further host name means a proxy before it."""
        return self.host in LOOPBACK and not self.allowed_hosts

    @property
    def hosts(self) -> list[str]:
        """Names a browser may address the service by: loopback, the bound address, and those set."""
        return [*LOOPBACK, "[::1]", self.host, *self.allowed_hosts]


def load_settings(**overrides: object) -> Settings:
    """Overrides that are None do not count. Raises BadConfiguration naming each wrong setting."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadConfiguration(
            f"Settings cannot be used: {wrong}.", remedy="Correct the LAMP_… environment variable, .env line or option."
        ) from error
