"""What runs: ten services of a shop, their pods, nodes and first versions, and who calls whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

NAMESPACE = "shop"
NODES = ("node-a", "node-b", "node-c", "node-d")

Format = Literal["nginx", "json", "klog", "java", "logfmt", "zap", "python"]


@dataclass(frozen=True, slots=True)
class Service:
    """A deployment: `pods` replicas that log in `format`. `latency_ms` is its median own time."""

    name: str
    format: Format
    pods: int
    version: str
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of request: its share of all, and the services it passes, the first called first."""

    method: str
    path: str
    share: float
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pod:
    """One replica of one version."""

    service: str
    name: str
    node: str
    version: str

    def labels(self) -> dict[str, str]:
        """The stream labels of what it writes."""
        return {
            "service_name": self.service,
            "namespace": NAMESPACE,
            "pod": self.name,
            "node": self.node,
            "container": self.service,
            "version": self.version,
        }


SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        Service("gateway", "nginx", 3, "v3.2.0", 2.0),
        Service("cart", "json", 2, "v1.9.3", 6.0),
        Service("checkout", "klog", 3, "v2.11.0", 12.0),
        Service("payment", "java", 3, "v1.4.1", 45.0),
        Service("catalog", "logfmt", 3, "v4.0.7", 5.0),
        Service("search", "json", 2, "v0.27.1", 25.0),
        Service("user", "python", 2, "v2.3.5", 8.0),
        Service("email", "logfmt", 1, "v1.1.0", 90.0),
        Service("shipping", "zap", 2, "v1.6.2", 15.0),
        Service("recommend", "python", 2, "v0.9.4", 30.0),
    )
}

ROUTES: tuple[Route, ...] = (
    Route("GET", "/products", 0.38, ("gateway", "catalog", "recommend")),
    Route("GET", "/search", 0.20, ("gateway", "search", "catalog")),
    Route("GET", "/cart", 0.14, ("gateway", "user", "cart")),
    Route("POST", "/cart/items", 0.12, ("gateway", "user", "cart", "catalog")),
    Route("POST", "/login", 0.06, ("gateway", "user")),
    Route("POST", "/checkout", 0.10, ("gateway", "checkout", "cart", "payment", "shipping", "email")),
)

LINES_PER_REQUEST = sum(route.share * len(route.calls) for route in ROUTES)
"""Lines an average request leaves behind: one a call."""


def pods_of(service: Service, version: str) -> tuple[Pod, ...]:
    """The replicas of one version, named as Kubernetes names them: a new version has new pods."""
    replica_set = _letters(f"{service.name} {version}", 9)
    return tuple(
        Pod(
            service=service.name,
            name=f"{service.name}-{replica_set}-{_letters(f'{replica_set} {index}', 5)}",
            node=NODES[int(_letters(f"{replica_set} {index}", 8, "0123456789")) % len(NODES)],
            version=version,
        )
        for index in range(service.pods)
    )


# The characters of Kubernetes' generated names: no vowels, so that no name is a word.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def _letters(text: str, count: int, alphabet: str = _ALPHABET) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=count).digest()
    return "".join(alphabet[byte % len(alphabet)] for byte in digest)
