"""OTLP over gRPC: `opentelemetry.proto.collector.logs.v1.LogsService/Export`.

The message's bytes go to the decoder that OTLP over HTTP uses; gRPC makes no object of them. A call is
answered when its records are durable.

Source: OTLP specification, "OTLP/gRPC". Next chapter: `prologue.receive.otlp.receiver`.
"""

from __future__ import annotations

import asyncio
import time

import grpc

from prologue.model.errors import PrologueError
from prologue.receive.grpc.answers import refuse, status_code
from prologue.receive.grpc.call import encoding_of, peer_of, tenant_of
from prologue.receive.intake import Intake
from prologue.receive.otlp.answers import PROTOBUF, OtlpAnswers
from prologue.receive.otlp.receiver import decode
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.telemetry import metrics

SERVICE = "opentelemetry.proto.collector.logs.v1.LogsService"

OTLP_GRPC = Receiver("otlp_grpc", (), decode, OtlpAnswers())


class Logs:
    """The service's one method."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def handler(self) -> grpc.GenericRpcHandler:
        # Without serialisers it is bytes in, bytes out.
        export: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(self.export)
        return grpc.method_handlers_generic_handler(SERVICE, {"Export": export})

    async def export(self, request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        started = time.perf_counter()
        code = grpc.StatusCode.UNKNOWN  # what a defect of ours is answered with
        try:
            push = self._push(request, context)
            decoded = await self._take(push)
            code = grpc.StatusCode.OK
            return OTLP_GRPC.answers.success(decoded, push).body
        except PrologueError as error:
            code = status_code(error)
            self._intake.refused(OTLP_GRPC, error)
            await refuse(context, error)
            raise AssertionError("abort returned") from error
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
            raise
        finally:
            metrics.RECEIVE_REQUESTS.labels(OTLP_GRPC.name, code.name).inc()
            metrics.RECEIVE_SECONDS.labels(OTLP_GRPC.name).observe(time.perf_counter() - started)

    def _push(self, request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> Push:
        return Push(
            body=request,
            tenant=tenant_of(context),
            received_ns=self._intake.clock(),
            content_type=PROTOBUF,
            headers=encoding_of(request),
            peer=peer_of(context),
        )

    async def _take(self, push: Push) -> Decoded:
        self._intake.require_rates(OTLP_GRPC, push.tenant, push.peer)
        with self._intake.lease() as lease:
            lease.take(len(push.body))
            return await self._intake.take(OTLP_GRPC, push, lease)
