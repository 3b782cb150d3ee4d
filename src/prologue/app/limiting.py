"""The rates of tenants and senders, as the configuration has them, for every way in.

Next chapter: `prologue.receive.limits`.
"""

from __future__ import annotations

from prologue.config.settings import Settings
from prologue.receive.limits import LimitSettings


def limit_settings(settings: Settings) -> LimitSettings:
    """What `limits` says, for the receivers."""
    limits = settings.limits
    return LimitSettings(
        tenant_bytes=limits.tenant_bytes_per_second,
        tenant_lines=limits.tenant_lines_per_second,
        source_bytes=limits.source_bytes_per_second,
        source_lines=limits.source_lines_per_second,
        bytes_by_tenant=limits.bytes_per_second_by_tenant,
        lines_by_tenant=limits.lines_per_second_by_tenant,
        burst=limits.burst,
    )
