"""Everything that can be set from outside, in one place. The only reader of the process environment.

Each field is an environment variable with the prefix `AIXIV_` (`AIXIV_PORT`, `AIXIV_DATABASE_URL`, ...). Nothing here
is read at import: `Settings()` is built once by the entry points. Secrets that are not given are made on first start
and kept in `<home>/secrets.json`, mode 600; production refuses to start without them.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MADE_SECRETS = ("secret_key", "s3_access_key", "s3_secret_key")


class Settings(BaseSettings):
    """Settings of every process. Addresses left empty mean: use the embedded service of `aixiv up`."""

    model_config = SettingsConfigDict(env_prefix="AIXIV_", frozen=True, extra="ignore")

    env: Literal["dev", "production"] = Field("dev", description="production refuses missing secrets")
    home: Path = Field(Path(".aixiv"), description="data folder of the embedded services")
    host: str = Field("127.0.0.1", description="address the web process listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the web process listens on")
    public_url: str = Field("", description="address people use, for links; default http://host:port")
    secret_key: SecretStr = Field(SecretStr(""), description="signs cursors and hashes tokens")

    database_url: str = Field("", description="postgresql://...; empty: embedded PostgreSQL")
    s3_endpoint: str = Field("", description="http(s)://host:port of an S3 endpoint; empty: embedded")
    s3_region: str = Field("us-east-1", description="S3 region")
    s3_bucket: str = Field("aixiv", description="S3 bucket; made when it is missing")
    s3_access_key: SecretStr = Field(SecretStr(""), description="S3 access key")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="S3 secret key")

    inference_url: str = Field("", description="address of the inference service; empty: embedded")
    inference_api_key: SecretStr = Field(
        SecretStr(""), description="key of the inference service; needed where other machines can reach it"
    )
    model: str = Field(
        "", description="checkpoint the inference service runs: a folder, or a hub id in the local cache; empty: none"
    )
    model_dtype: Literal["auto", "bf16", "fp32", "int8"] = Field("auto", description="how its weights are held")
    model_context: int = Field(0, ge=0, description="tokens of its longest prompt and answer; 0: the checkpoint's")
    kv_memory_bytes: int = Field(
        0, ge=0, description="memory for its keys and values, bytes; 0: a share of what is free"
    )
    hub_url: str = Field("https://huggingface.co", description="hub that `aixiv models download` reads from")
    hub_token: SecretStr = Field(SecretStr(""), description="token for gated checkpoints of that hub")
    llm_base_url: str = Field("", description="OpenAI-compatible server for the language-model judge")
    llm_api_key: SecretStr = Field(SecretStr(""), description="key for that server")
    llm_model: str = Field("", description="model name to ask that server for")
    llm_models: dict[Literal["chair", "specialist", "voter", "screen"], str] = Field(
        {}, description="JSON object: a model of its own for a role; a track's choice comes first"
    )
    llm_prices: str = Field("", description="TOML file with money per million tokens by model; empty: no cost is told")
    llm_record: str = Field("", description="file to which every question to the model and its answer is added")
    llm_replay: str = Field("", description="such a file to answer from; no server is asked")
    judge: Literal["auto", "evidence", "language-model"] = Field(
        "auto", description="auto: language-model when llm_base_url or model is set, else evidence"
    )

    literature: str = Field(
        "off", description="outside indexes to ask, in order: openalex, crossref, semanticscholar, arxiv; name=address"
    )
    literature_mail: str = Field("", description="mail address given to those indexes, for their polite pools")
    literature_calls: int = Field(100, ge=0, description="questions to outside indexes one review may ask")
    literature_seconds: float = Field(60.0, ge=0, description="seconds they may take together in one review")

    max_upload_bytes: int = Field(50 * 2**20, ge=1, description="largest manuscript file, bytes")
    max_pages: int = Field(200, ge=1, description="most pages of a PDF")
    parse_seconds: int = Field(120, ge=1, description="time a parse may take")
    parse_memory_bytes: int = Field(2 * 2**30, ge=2**28, description="memory a parse may take, bytes")
    review_seconds: int = Field(1800, ge=1, description="deadline of one review run")
    review_tokens: int = Field(2_000_000, ge=1, description="tokens one review run may cost")
    submissions_per_day: int = Field(200, ge=1, description="versions one owner may submit in a day")
    worker_concurrency: int = Field(2, ge=1, description="jobs one worker runs at a time")
    registration: Literal["closed", "open"] = Field(
        "closed", description="open: anybody may make an account; closed: an admin makes them"
    )
    oauth_local_clients: str = Field(
        "",
        description="host:port, comma-separated, whose client documents may come by http and from private addresses; "
        "for development only",
    )
    read_only: bool = Field(False, description="refuse every write (maintenance)")
    token: SecretStr = Field(SecretStr(""), description="whom `aixiv mcp` and `aixiv scientist` act as; empty: nobody")

    @model_validator(mode="after")
    def _production_has_secrets(self) -> Self:
        if self.env == "production":
            missing = [n for n in (*MADE_SECRETS, "database_url", "s3_endpoint") if not _value(self, n)]
            if missing:
                names = ", ".join(f"AIXIV_{n.upper()}" for n in missing)
                raise ValueError(f"production needs these to be set: {names}")
        return self

    @property
    def address(self) -> str:
        """Public base address without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mcp_resource(self) -> str:
        """Canonical address of the MCP server, the audience of tokens made for it."""
        return f"{self.address}/mcp"

    @property
    def api_resource(self) -> str:
        """Canonical address of the REST interface, the audience of tokens made for it."""
        return f"{self.address}/api/v1"

    @property
    def judge_in_use(self) -> Literal["evidence", "language-model"]:
        """Which judge these settings mean."""
        if self.judge != "auto":
            return self.judge
        return "language-model" if self.llm_base_url or self.llm_replay or self.model else "evidence"

    @property
    def model_name(self) -> str:
        """What the inference service calls the checkpoint: a folder's name, or the hub id."""
        return Path(self.model).name if self.model and Path(self.model).is_dir() else self.model

    @property
    def models_folder(self) -> Path:
        """Where `aixiv models download` puts checkpoints."""
        return self.home.absolute() / "models"

    @property
    def model_source(self) -> str:
        """The checkpoint as the inference service is to load it: what was downloaded comes before the hub's cache."""
        downloaded = self.models_folder / self.model.replace("/", "--")
        return str(downloaded) if self.model and downloaded.is_dir() else self.model

    def with_own_model(self) -> "Settings":
        """These settings with our own inference service as the language model's server, if it runs one.

        A server named by `llm_base_url` comes first.
        """
        if not self.model or self.llm_base_url or not self.inference_url:
            return self
        own = {
            "llm_base_url": f"{self.inference_url.rstrip('/')}/v1",
            "llm_model": self.model_name,
            "llm_api_key": self.inference_api_key,
        }
        return self.model_copy(update=own)

    def with_secrets(self) -> "Settings":
        """These settings with every missing secret made and remembered in the data folder."""
        missing = [n for n in MADE_SECRETS if not _value(self, n)]
        if not missing:
            return self
        kept = _kept_secrets(self.home)
        return self.model_copy(update={n: SecretStr(kept[n]) for n in missing})


def _value(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _kept_secrets(home: Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / "secrets.json"
    if not path.exists():
        made = {
            "secret_key": secrets.token_urlsafe(32),
            "s3_access_key": secrets.token_hex(10),
            "s3_secret_key": secrets.token_hex(20),
        }
        scratch = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
        try:
            os.link(scratch, path)  # the first process to start wins; the others read what it made
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
