"""Envoy's access log service: `envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs`.

A stream stays open for as long as the proxy lives and is never answered before its end, so nobody waits
for one message: those that come within `LINGER` seconds are joined and read as one, which is what makes
columns cheap. While a batch is being made durable the stream is not read: gRPC's flow control is the
back-pressure. Envoy then keeps what its buffers hold and counts what it drops
(`access_logs.grpc_access_log.logs_dropped`).

Source: envoy/service/accesslog/v3/als.proto. Next chapter: `prologue.receive.envoy.receiver`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
from google.protobuf.message import DecodeError

from prologue.model.errors import LimitError, PayloadError, PrologueError, TemporaryError, UserError
from prologue.receive.answers import RETRY_AFTER_SECONDS
from prologue.receive.compression import decompress
from prologue.receive.envoy.receiver import ENVOY
from prologue.receive.grpc.answers import refuse, status_code
from prologue.receive.grpc.call import encoding_of, peer_of, tenant_of
from prologue.receive.intake import Intake
from prologue.receive.receiver import Push
from prologue.receive.wire.envoy_pb2 import StreamAccessLogsMessage
from prologue.telemetry import metrics

SERVICE = "envoy.service.accesslog.v3.AccessLogService"

LINGER = 0.1
"""Seconds that a message waits for others of its stream."""

JOIN_BYTES = 512 * 1024
"""Bytes from which a batch waits no longer."""

Context = grpc.aio.ServicerContext[bytes, bytes]


class AccessLogs:
    """The service's one method."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def handler(self) -> grpc.GenericRpcHandler:
        stream: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_unary_rpc_method_handler(self.stream)
        return grpc.method_handlers_generic_handler(SERVICE, {"StreamAccessLogs": stream})

    async def stream(self, _messages: AsyncIterator[bytes], context: Context) -> bytes:
        """Takes one stream to its end; the answer is an empty `StreamAccessLogsResponse`."""
        tally = self._intake.tally(ENVOY)
        tally.connected(1)
        code = grpc.StatusCode.UNKNOWN  # what a defect of ours is answered with
        try:
            sender = _Sender(self._intake, tenant_of(context), peer_of(context))
            await sender.take_all(context)
            code = grpc.StatusCode.OK
            return b""
        except PrologueError as error:
            code = status_code(error)
            self._intake.refused(ENVOY, error)
            await refuse(context, error)
            raise AssertionError("abort returned") from error
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
            raise
        finally:
            tally.connected(-1)
            metrics.RECEIVE_REQUESTS.labels(ENVOY.name, code.name).inc()


class _Sender:
    """One stream: who sends it, and what has come of it and is not durable yet."""

    def __init__(self, intake: Intake, tenant: str, peer: str) -> None:
        self._intake = intake
        self._tenant = tenant
        self._peer = peer
        self._identity = b""
        self._waiting: list[bytes] = []
        self._size = 0

    async def take_all(self, context: Context) -> None:
        """Raises a `PrologueError` for a message that no retry can make good."""
        reading: asyncio.Future[bytes] | None = None
        ended = False
        try:
            while not ended:
                reading, ended = await self._gather(context, reading)
                await self._flush()
        except (asyncio.CancelledError, PrologueError):
            # The sender is gone, we are stopping, or a message is of no use: what had come before is stored
            # all the same.
            await self._flush()
            raise
        finally:
            if reading is not None:
                reading.cancel()

    async def _gather(
        self, context: Context, reading: asyncio.Future[bytes] | None
    ) -> tuple[asyncio.Future[bytes] | None, bool]:
        """Reads until there is enough for a batch. Answers the read that is under way, and whether the
        stream has ended. A read is never cancelled to stop waiting for it: that would end the call."""
        now = asyncio.get_running_loop().time
        deadline: float | None = None
        while self._size < JOIN_BYTES:
            reading = reading or asyncio.ensure_future(context.read())
            timeout = None if deadline is None else max(0.0, deadline - now())
            await asyncio.wait({reading}, timeout=timeout)
            if not reading.done():
                return reading, False
            message, reading = reading.result(), None
            if not isinstance(message, bytes):  # `grpc.aio.EOF`
                return None, True
            self._add(message)
            deadline = deadline or now() + LINGER
        return reading, False

    def _add(self, message: bytes) -> None:
        encoding = encoding_of(message).get("content-encoding", "")
        message = decompress(message, encoding, self._intake.settings.max_decompressed_bytes)
        if not self._identity:
            self._identity = _identity_of(message)
        self._waiting.append(message)
        self._size += len(message)

    async def _flush(self) -> None:
        """Makes durable what waits, however long that takes; a sender that hangs up does not stop it."""
        if self._waiting:
            messages, self._waiting, self._size = self._waiting, [], 0
            await asyncio.shield(self._store_good(messages))

    async def _store_good(self, messages: list[bytes]) -> None:
        """Stores what can be read. Raises the first error of a message that cannot, once the others are
        durable: they are halved until it is alone."""
        try:
            await self._store(b"".join((self._identity, *messages)))
            return
        except (UserError, LimitError) as error:
            if len(messages) == 1:
                raise
            failure: PrologueError = error
        middle = len(messages) // 2
        for half in (messages[:middle], messages[middle:]):
            try:
                await self._store_good(half)
            except (UserError, LimitError) as error:
                failure = error
        raise failure

    async def _store(self, body: bytes) -> None:
        push = Push(body, self._tenant, self._intake.clock(), peer=self._peer)
        while True:
            try:
                self._intake.require_rates(ENVOY, self._tenant, self._peer)
                with self._intake.lease() as lease:
                    lease.take(len(body))
                    await self._intake.take(ENVOY, push, lease)
                return
            except TemporaryError as error:
                self._intake.refused(ENVOY, error)
                await asyncio.sleep(getattr(error, "retry_after", RETRY_AFTER_SECONDS))


def _identity_of(first: bytes) -> bytes:
    """What the stream's first message says of its sender, as a message that others can be joined to."""
    try:
        message = StreamAccessLogsMessage.FromString(first)
    except DecodeError as error:
        raise PayloadError(
            f"the message is not an access log message: {error}",
            cure="send StreamAccessLogsMessage as Envoy's access log service (v3) defines it",
        ) from error
    return StreamAccessLogsMessage(identifier=message.identifier).SerializeToString()
