"""Every check, in the order in which they are made and told."""

from __future__ import annotations

from prologue.cli.doctor.buffer import check_buffer
from prologue.cli.doctor.disk import check_file_system, check_permissions, check_space, check_sync
from prologue.cli.doctor.engine import check_engine
from prologue.cli.doctor.finding import Check
from prologue.cli.doctor.logs import check_logs
from prologue.cli.doctor.ports import check_ports
from prologue.cli.doctor.system import (
    check_clock,
    check_descriptors,
    check_memory,
    check_python,
    check_watches,
)

CHECKS: tuple[Check, ...] = (
    check_python,
    check_permissions,
    check_space,
    check_file_system,
    check_sync,
    check_buffer,
    check_memory,
    check_engine,
    check_ports,
    check_clock,
    check_descriptors,
    check_watches,
    check_logs,
)
