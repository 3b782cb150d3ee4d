"""How much each tenant and each source may send."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from prologue.config.section import Duration, Section, Size


class Limits(Section, frozen=True):
    """How fast tenants and sources may send; over it they are told to come back, in their protocol's way."""

    tenant_bytes_per_second: Annotated[
        Size, Meta(ge=0, description="Bytes each tenant may send in a second, unpacked. 0: no limit.")
    ] = 0
    tenant_lines_per_second: Annotated[
        int, Meta(ge=0, description="Records each tenant may send in a second. 0: no limit.")
    ] = 0
    source_bytes_per_second: Annotated[
        Size,
        Meta(
            ge=0,
            description="Bytes one source, that is one sender's address, may send in a second, unpacked."
            " 0: no limit.",
        ),
    ] = 0
    source_lines_per_second: Annotated[
        int, Meta(ge=0, description="Records one source may send in a second. 0: no limit.")
    ] = 0
    bytes_per_second_by_tenant: Annotated[
        dict[str, int],
        Meta(
            ge=0,
            description="Other limits for single tenants, in bytes: `{team-a: 5000000}`. 0: no limit.",
        ),
    ] = {}
    lines_per_second_by_tenant: Annotated[
        dict[str, int],
        Meta(ge=0, description="Other limits of records for single tenants: `{team-a: 20000}`. 0: no limit."),
    ] = {}
    burst: Annotated[
        Duration,
        Meta(gt=0, description="For how long a sender that was silent may send without any limit's delay."),
    ] = 10.0
