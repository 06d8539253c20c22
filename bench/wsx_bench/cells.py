"""What is measured: each cell is one set of conditions, under which all clients run."""

import dataclasses

SIZES = (16, 125, 1024, 16 * 1024, 1024 * 1024)


@dataclasses.dataclass(frozen=True)
class Cell:
    group: str
    scenario: str
    size: int = 125
    tls: bool = False
    deflate: bool = False
    in_flight: int = 1
    connections: int = 1
    ours_only: bool = False
    work: int = 0  # microseconds that a callback takes

    def arguments(self):
        words = ["--scenario", self.scenario, "--size", str(self.size),
                 "--in-flight", str(self.in_flight), "--connections", str(self.connections)]
        words += ["--work", str(self.work)] if self.work else []
        return words + ["--deflate"] * self.deflate

    def __str__(self):
        parts = [f"{self.group}: {self.scenario}"]
        if self.scenario not in ("idle", "connect"):
            parts.append(f"{self.size} B")
        parts += ["TLS"] * self.tls + ["deflate"] * self.deflate
        if self.work:
            parts.append(f"{self.work} µs each")
        if self.connections > 1:
            parts.append(f"{self.connections} connections")
        if self.in_flight > 1:
            parts.append(f"{self.in_flight} at once")
        return ", ".join(parts)


@dataclasses.dataclass(frozen=True)
class Pace:
    """How much is measured, how long and how often."""
    scope: str
    rounds: int
    peer_rounds: int
    warm_up: float
    seconds: float
    syscall_seconds: float = 0.3

    def rounds_of(self, cell, peer):
        """Memory is the same each time."""
        if cell.group == "memory":
            return 1
        return self.peer_rounds if peer else self.rounds


PACES = {
    "full": Pace("full", rounds=7, peer_rounds=5, warm_up=0.2, seconds=0.8),
    "quick": Pace("quick", rounds=3, peer_rounds=2, warm_up=0.1, seconds=0.3),
    "smoke": Pace("smoke", rounds=1, peer_rounds=1, warm_up=0.0, seconds=0.1,
                  syscall_seconds=0.02),
}

# Message sizes, or numbers of connections, by scope.
THROUGHPUT = {"full": SIZES, "quick": SIZES, "smoke": (125,)}
MIXED = {"full": (16, 125, 1024), "quick": (125,), "smoke": (125,)}
ECHO = {"full": (16, 1024, 16 * 1024), "quick": (16,), "smoke": (16,)}
TLS = {"full": SIZES, "quick": (16 * 1024, 1024 * 1024), "smoke": (16 * 1024,)}
DEFLATE = {"full": (125, 1024, 16 * 1024), "quick": (125, 1024), "smoke": (1024,)}
SCALING = {"full": (1, 10, 100, 1000), "quick": (1, 10, 100, 1000), "smoke": (1, 10)}
IDLE = {"full": 1000, "quick": 1000, "smoke": 10}
MANY_IDLE = {"full": (10_000,), "quick": (10_000,), "smoke": ()}
WORK = {"full": (0, 1, 10), "quick": (0, 1, 10), "smoke": (0, 10)}
CONNECTS = {"full": 1000, "quick": 1000, "smoke": 10}


def cells(scope):
    return [*_throughput(scope), *_echo(scope), *_lateness(scope), *_tls(scope), *_deflate(scope),
            *_scaling(scope), *_memory(scope), *_connects(scope)]


def _throughput(scope):
    for scenario in ("receive", "receive_text", "send"):
        yield from (Cell("throughput", scenario, size) for size in THROUGHPUT[scope])
    yield from (Cell("throughput", "receive_mixed", size) for size in MIXED[scope])


def _echo(scope):
    for size in ECHO[scope]:
        yield Cell("echo", "echo", size)
        yield Cell("echo", "echo", size, in_flight=64)


def _lateness(scope):
    yield from (Cell("lateness", "lateness", work=work) for work in WORK[scope])


def _tls(scope):
    for scenario in ("receive", "send"):
        yield from (Cell("tls", scenario, size, tls=True) for size in TLS[scope])
    yield Cell("tls", "echo", 16, tls=True)


def _deflate(scope):
    for scenario in ("receive", "send"):
        yield from (Cell("deflate", scenario, size, deflate=True) for size in DEFLATE[scope])


def _scaling(scope):
    for scenario in ("receive", "send"):
        yield from (Cell("scaling", scenario, connections=count, ours_only=True)
                    for count in SCALING[scope])


def _memory(scope):
    count = IDLE[scope]
    yield Cell("memory", "idle", connections=count)
    yield Cell("memory", "idle", connections=count, tls=True)
    yield Cell("memory", "idle", connections=count, deflate=True)
    yield from (Cell("memory", "idle", connections=n, ours_only=True) for n in MANY_IDLE[scope])


def _connects(scope):
    count = CONNECTS[scope]
    for tls in (False, True):
        for at_once in (1, count):
            yield Cell("connects", "connect", connections=count, in_flight=at_once, tls=tls)
