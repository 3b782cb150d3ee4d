"""The configuration of an agent as the parts understand it.

Next chapter: `prologue.app.agent.run`.
"""

from __future__ import annotations

from pathlib import Path

from prologue.app.agent.identity import Identity
from prologue.config.sections.agent import Agent
from prologue.model.errors import ConfigError
from prologue.ship.refused import Refused
from prologue.ship.settings import ShipSettings, Target
from prologue.ship.sink import ShippingSink


def sink_for(agent: Agent, folder: Path, identity: Identity) -> ShippingSink:
    """The sink that ships. Raises `ConfigError` where its certificates cannot be used."""
    refused = Refused(folder / "refused", agent.refused_max_bytes)
    prefix = f"agent:{identity.agent}/"
    return ShippingSink(target_of(agent), ship_settings(agent), source_prefix=prefix, refused=refused)


def target_of(agent: Agent) -> Target:
    return Target(
        url=agent.url,
        protocol=agent.protocol,
        tenant=agent.tenant,
        token=agent.token,
        headers=agent.headers,
        compression="" if agent.compression == "auto" else agent.compression,
        ca_file=_file(agent.ca_file, "ca_file"),
        cert_file=_file(agent.cert_file, "cert_file"),
        key_file=_file(agent.key_file, "key_file"),
    )


def ship_settings(agent: Agent) -> ShipSettings:
    return ShipSettings(
        batch_bytes=agent.batch_bytes,
        batch_wait=agent.batch_wait,
        connections=agent.connections,
        timeout=agent.timeout,
        backoff_max=agent.max_backoff,
    )


def _file(name: str, key: str) -> Path | None:
    if not name:
        return None
    path = Path(name).expanduser()
    if not path.is_file():
        raise ConfigError(f"there is no file {path}", key=f"agent.{key}", cure="name a readable PEM file")
    return path
