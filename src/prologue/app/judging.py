"""What `prologue up` refuses in its settings beyond the form of each value, found without starting anything.

Next chapter: `prologue.app.node`, which makes of the same settings what runs.
"""

from __future__ import annotations

from prologue.app import collecting, parsers, receiving, streams
from prologue.config.load import Loaded
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError


def judge(loaded: Loaded) -> None:
    """Raises `ConfigError` as the start would: pipelines, certificates, time zones, networks, topics,
    and which files to read how.

    An error names the place of the setting that is wrong. Addresses are not tried: whether one is free is a
    matter of the moment, and `prologue doctor` says it.
    """
    parsers.of(loaded)
    try:
        _judge(loaded.settings)
    except ConfigError as error:
        origin = loaded.origins.get(error.key)
        if origin is None or not origin.place:
            raise
        raise ConfigError(f"{origin.place}: {error.message}", key=error.key, cure=error.cure) from error


def _judge(settings: Settings) -> None:
    parsers.ready(settings)
    collecting.file_patterns(settings)
    receiving.http_tls(settings)
    receiving.grpc_tls(settings)
    streams.listeners_for(settings)
    if settings.kafka.brokers:
        receiving.kafka_settings(settings)
