"""One gRPC server for every service, on an event loop of its own in one thread.

`grpc.aio`, because a stream may stay open for days: with gRPC's thread server each one would take a
thread. Messages are left compressed (`grpc.per_message_decompression`), so that they are unpacked by
`prologue.receive.compression`, whose limits and accounting hold for every protocol.

Next chapter: `prologue.receive.grpc.logs` and `prologue.receive.grpc.access_logs`, the services.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future

import grpc
import uvloop

from prologue.model.errors import ConfigError
from prologue.receive.tls import Renewal, TlsSettings

logger = logging.getLogger(__name__)

# Calls that one connection may have open at once; exporters have one, proxies one for each worker.
_MAX_STREAMS = 1024
# Exporters behind load balancers ask "are you there?" more often than gRPC's default of five minutes, at
# which the server would hang up.
_MIN_PING_MILLISECONDS = 5_000


class GrpcServer:
    """Listens from `start` until `stop`. `address` is `host:port`; port 0 takes a free one."""

    def __init__(
        self,
        address: str,
        handlers: Sequence[grpc.GenericRpcHandler],
        *,
        max_message_bytes: int,
        tls: TlsSettings | None = None,
    ) -> None:
        self._address = address
        self._handlers = handlers
        self._max_message_bytes = max_message_bytes
        self._tls = tls
        self._port: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="grpc", daemon=True)
        self._loop = uvloop.new_event_loop()
        # There while the loop serves. Whoever holds the lock and finds it may call into the loop: it is
        # not closed before the event is gone.
        self._stopping: asyncio.Event | None = None
        self._serving = threading.Lock()
        self._grace = 0.0

    def start(self) -> GrpcServer:
        """Listening when it returns. Raises `ConfigError` where it cannot."""
        self._thread.start()
        self._port.result()
        return self

    @property
    def listening(self) -> str:
        """`host:port` as it is, with the port that was chosen."""
        return f"{self._address.rpartition(':')[0]}:{self._port.result()}"

    def stop(self, grace: float) -> None:
        """Refuse new calls with UNAVAILABLE at once, give open ones `grace` seconds. May be called twice."""
        with self._serving:
            if self._stopping is not None:
                self._grace = grace
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is not None:
            self._thread.join(grace + 5)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve())
            except ConfigError as error:
                self._port.set_exception(error)
            except BaseException as error:
                if self._port.done():
                    logger.exception("the gRPC server ended")
                    raise
                self._port.set_exception(error)

    async def _serve(self) -> None:
        server = grpc.aio.server(options=self._options())
        server.add_generic_rpc_handlers(tuple(self._handlers))
        port = self._bind(server)
        await server.start()
        stopping = asyncio.Event()
        with self._serving:
            self._stopping = stopping
        try:
            self._port.set_result(port)
            await stopping.wait()
            await server.stop(self._grace)
        finally:
            with self._serving:
                self._stopping = None

    def _options(self) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", self._max_message_bytes),
            ("grpc.per_message_decompression", 0),
            ("grpc.so_reuseport", 0),  # a port that is taken must be an error, not shared
            ("grpc.max_concurrent_streams", _MAX_STREAMS),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_MILLISECONDS),
        ]

    def _bind(self, server: grpc.aio.Server) -> int:
        credentials = self._credentials()
        try:
            if credentials is None:
                return server.add_insecure_port(self._address)
            return server.add_secure_port(self._address, credentials)
        except RuntimeError as error:  # gRPC has written to the log why
            raise ConfigError(
                f"cannot listen on {self._address} for gRPC: the address is taken, or not of this machine",
                key="grpc.listen",
                cure="stop what uses that address, or choose another with grpc.listen",
            ) from error

    def _credentials(self) -> grpc.ServerCredentials | None:
        if self._tls is None:
            return None
        renewal = Renewal(self._tls)
        tls = self._tls

        def renewed() -> grpc.ServerCertificateConfiguration | None:
            # gRPC asks at every handshake; None is "as before".
            return _certificates(tls) if renewal.context() is not None else None

        return grpc.dynamic_ssl_server_credentials(
            _certificates(tls),
            renewed,  # type: ignore[arg-type]  # the stubs leave out the None that the documentation names
            require_client_authentication=tls.client_ca is not None,
        )


def _certificates(tls: TlsSettings) -> grpc.ServerCertificateConfiguration:
    key, cert, client_ca = tls.pem()
    return grpc.ssl_server_certificate_configuration([(key, cert)], root_certificates=client_ca)
