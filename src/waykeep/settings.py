"""Every setting, with its default and one line of help; read from `waykeep.toml` in the home folder and WAYKEEP_*."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from waykeep.errors import StartError


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where things are and how the doors stand. Relative paths are relative to the home folder."""

    home: Annotated[str, Meta(description="Home folder: everything else is inside unless a setting moves it")] = "."
    data_dir: Annotated[str, Meta(description="Sealed databases; never a key")] = "data"
    keys_dir: Annotated[str, Meta(description="The vault of wrapped keys and its own copies")] = "keys"
    epoch_dirs: Annotated[
        tuple[str, ...], Meta(description="Holders of the epoch key, the first one is read; put one on another mount")
    ] = ("epoch",)
    root_key: Annotated[
        str, Meta(description="The root key: a file, `credential:NAME` of systemd, or `command:…` that prints it")
    ] = "root.key"
    heads_dir: Annotated[str, Meta(description="Second place of the ledger's signed heads and the erasure list")] = (
        "heads"
    )
    backup_dir: Annotated[str, Meta(description="Where `waykeep backup` writes")] = "backups"
    policy_file: Annotated[str, Meta(description="The operator's policy document; empty = the shipped profile")] = ""
    profile: Annotated[str, Meta(description="Shipped policy profile: base pars smartpar ivms trak safetrack")] = "base"
    demo_values: Annotated[bool, Meta(description="Fill what the policy leaves open with values marked as demo")] = (
        False
    )
    bind: Annotated[str, Meta(description="Address that the device doors listen on; [::] is every address")] = "::"
    web_bind: Annotated[str, Meta(description="Address that the portal listens on")] = "::"
    web_port: Annotated[int, Meta(description="Port of the portal and the API; 0 = any free one")] = 8082
    web_url: Annotated[str, Meta(description="How people reach the portal; used in links")] = "http://localhost:8082"
    ports: Annotated[
        dict[str, int], Meta(description="Port of each protocol's door; 0 = any free one, -1 = no door")
    ] = {}
    tls_certificate: Annotated[str, Meta(description="PEM certificate chain for doors with TLS")] = ""
    tls_key: Annotated[str, Meta(description="PEM private key for doors with TLS")] = ""
    tls_device_ca: Annotated[
        str, Meta(description="PEM authorities whose client certificates devices may show at doors with TLS")
    ] = ""
    tls_doors: Annotated[tuple[str, ...], Meta(description="Doors that speak TLS: protocol names, or web")] = ()
    carrier_networks: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description="Private networks of a carrier from which alone a protocol's door takes connections"),
    ] = {}
    smtp_url: Annotated[str, Meta(description="Mail relay, smtp://user:password@host:port; empty = links on paper")] = (
        ""
    )
    mail_from: Annotated[str, Meta(description="Sender of the server's mail")] = ""
    attribution_window_h: Annotated[int, Meta(description="Hours after its day in which a fix may change subject")] = 48
    epoch_days: Annotated[int, Meta(description="Length of a key epoch; an erasure promise bounds it")] = 30
    clock_gap_days: Annotated[int, Meta(description="A start later than this after the last line waits for a yes")] = 7
    least_free_mb: Annotated[int, Meta(description="Below this much free space device doors stop answering")] = 1024
    simulate_units: Annotated[int, Meta(description="Units of the demo fleet")] = 44

    def path(self, name: str) -> Path:
        """The absolute path of a folder or file setting."""
        return Path(self.home, str(getattr(self, name))).absolute()


def load(home: Path, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Read settings: defaults, then `waykeep.toml`, then WAYKEEP_NAME, then overrides.

    Raises StartError with the name of the setting that is unknown or has the wrong type.
    """
    values: dict[str, Any] = {}
    file = home / "waykeep.toml"
    if file.exists():
        try:
            values |= tomllib.loads(file.read_text())
        except tomllib.TOMLDecodeError as error:
            raise StartError(f"{file}: {error}") from error
    for field in msgspec.structs.fields(Settings):
        text = environ.get(f"WAYKEEP_{field.name.upper()}")
        if text is not None:
            values[field.name] = _value(text)
    values |= {"home": str(home)} | overrides
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise StartError(f"settings: {error}") from error


def _value(text: str) -> Any:
    return msgspec.json.decode(text) if text[:1] in "[{" else text
