"""`grpc.health.v1.Health/Check`: what Kubernetes and load balancers ask a gRPC server.

Source: grpc/health/v1/health.proto. An answer is one enum, so it is written by hand.
"""

from __future__ import annotations

import grpc

SERVICE = "grpc.health.v1.Health"
_SERVING = b"\x08\x01"  # HealthCheckResponse{status: SERVING}


async def _check(_request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    return _SERVING


def handler() -> grpc.GenericRpcHandler:
    check: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_check)
    return grpc.method_handlers_generic_handler(SERVICE, {"Check": check})
