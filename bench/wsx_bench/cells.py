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

    def arguments(self):
        words = ["--scenario", self.scenario, "--size", str(self.size),
                 "--in-flight", str(self.in_flight), "--connections", str(self.connections)]
        return words + ["--deflate"] * self.deflate

    def __str__(self):
        parts = [f"{self.group}: {self.scenario}"]
        if self.scenario not in ("idle", "connect"):
            parts.append(f"{self.size} B")
        parts += ["TLS"] * self.tls + ["deflate"] * self.deflate
        if self.connections > 1:
            parts.append(f"{self.connections} connections")
        if self.in_flight > 1:
            parts.append(f"{self.in_flight} at once")
        return ", ".join(parts)


@dataclasses.dataclass(frozen=True)
class Pace:
    """How long and how often."""
    rounds: int
    peer_rounds: int
    warm_up: float
    seconds: float
    few: bool = False  # of everything the least that tells something
    syscall_seconds: float = 0.3


PACES = {
    "full": Pace(rounds=7, peer_rounds=5, warm_up=0.2, seconds=0.8),
    "quick": Pace(rounds=3, peer_rounds=1, warm_up=0.1, seconds=0.3),
    "smoke": Pace(rounds=1, peer_rounds=1, warm_up=0.0, seconds=0.02, few=True,
                  syscall_seconds=0.02),
}


def cells(pace):
    return [*_throughput(pace), *_echo(pace), *_tls(pace), *_deflate(pace), *_scaling(pace),
            *_memory(pace), *_connects(pace)]


def _throughput(pace):
    sizes = (125,) if pace.few else SIZES
    mixed = (125,) if pace.few else (16, 125, 1024)
    for scenario in ("receive", "receive_text", "send"):
        yield from (Cell("throughput", scenario, size) for size in sizes)
    yield from (Cell("throughput", "receive_mixed", size) for size in mixed)


def _echo(pace):
    for size in (16,) if pace.few else (16, 1024):
        yield Cell("echo", "echo", size)
        yield Cell("echo", "echo", size, in_flight=64)


def _tls(pace):
    sizes = (16 * 1024,) if pace.few else (125, 16 * 1024, 1024 * 1024)
    for scenario in ("receive", "send"):
        yield from (Cell("tls", scenario, size, tls=True) for size in sizes)
    yield Cell("tls", "echo", 16, tls=True)


def _deflate(pace):
    for scenario in ("receive", "send"):
        yield from (Cell("deflate", scenario, size, deflate=True)
                    for size in ((1024,) if pace.few else (125, 1024, 16 * 1024)))


def _scaling(pace):
    for scenario in ("receive", "send"):
        yield from (Cell("scaling", scenario, connections=count, ours_only=True)
                    for count in ((1, 10) if pace.few else (1, 10, 100, 1000)))


def _memory(pace):
    if pace.few:
        yield Cell("memory", "idle", connections=10)
        return
    yield Cell("memory", "idle", connections=1000)
    yield Cell("memory", "idle", connections=1000, tls=True)
    yield Cell("memory", "idle", connections=1000, deflate=True)
    yield Cell("memory", "idle", connections=10_000, ours_only=True)


def _connects(pace):
    count = 10 if pace.few else 1000
    for tls in (False, True):
        for at_once in (1, count):
            yield Cell("connects", "connect", connections=count, in_flight=at_once, tls=tls)
