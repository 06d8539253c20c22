"""What wsx is meant to reach, and whether it did."""

import dataclasses
import statistics

from . import units
from .cells import SIZES
from .clients import RAW, WSX, WSX_EACH_ALONE, WSX_SENDER_THREAD

KIB = 1024
LARGE = (16 * KIB, KIB * KIB)
BEAST = ("beast_lean", "beast_coroutines")


@dataclasses.dataclass(frozen=True)
class Verdict:
    what: str
    target: str
    measured: str
    met: bool


def judge(results):
    """A verdict for each target whose cells were measured."""
    judges = (_receive, _receive_cpu, _send, _echo, _memory, _tls, _deflate, _connects, _scaling)
    return [verdict for each in judges for verdict in each(results)]


def _ratio(results, what, target, name="rate", least=None, most=None, **conditions):
    """Holds wsx to a ratio to raw."""
    result = results.get(WSX.name, **conditions)
    value = result.ratio(name) if result else None
    if value is None:
        return []
    met = value >= least if least is not None else value <= most
    return [Verdict(what, target, f"{value:.3f}", met)]


def _ahead(results, what, name="rate", peers=(), less=False, times=1.0, own=WSX, **conditions):
    """Holds wsx against the peer that comes closest, or is furthest ahead."""
    own = results.get(own.name, **conditions)
    factors = [(_over(own, r, name, less), r.client.label) for r in results.peers(**conditions)
               if own and (not peers or r.client.name in peers)]
    factors = [(factor, label) for factor, label in factors if factor is not None]
    if not factors:
        return []
    factor, label = min(factors)
    target = f"better than {label}" if times == 1.0 else f">= {times:g} times {label}"
    return [Verdict(what, target, f"{factor:.2f} times", factor >= times)]


def _over(own, peer, name, less):
    """How many times better, in the rounds in which both took part."""
    pairs = [(a[name], b[name]) for a, b in zip(own.rounds, peer.rounds)
             if a.get(name) and b.get(name)]
    return statistics.median(b / a if less else a / b for a, b in pairs) if pairs else None


def _receive(results):
    for scenario in ("receive", "receive_text"):
        for size in SIZES:
            where = dict(group="throughput", scenario=scenario, size=size)
            what = f"{scenario}, {units.size(size)}"
            least = 0.3 if size < 125 else 0.95
            yield from _ratio(results, f"{what}: rate", f">= {least} of raw", least=least, **where)
            yield from _ahead(results, f"{what}: rate", **where)
            yield from _ahead(results, f"{what}: CPU", name="cpu_ns", less=True, **where)


def _receive_cpu(results):
    for scenario in ("receive", "receive_text"):
        for size in SIZES:
            where = dict(group="throughput", scenario=scenario, size=size)
            what = f"{scenario}, {units.size(size)}: CPU"
            if size >= KIB:
                yield from _ratio(results, what, "<= 1.3 times raw", "cpu_ns", most=1.3, **where)
            else:
                yield from _cpu_time(results, what, {16: 17, 125: 30}[size], **where)


def _cpu_time(results, what, most, **where):
    own, raw = results.get(WSX.name, **where), results.get(RAW.name, **where)
    if own and raw:
        value = own.figure("cpu_ns")
        measured = f"{units.time(value)} (raw {units.time(raw.figure('cpu_ns'))})"
        yield Verdict(what, f"<= {most} ns", measured, value <= most)


def _send(results):
    for size in SIZES:
        where = dict(group="throughput", scenario="send", size=size)
        what = f"send, {units.size(size)}"
        least = {16: 0.2, 125: 0.6}.get(size, 0.9)
        yield from _ratio(results, f"{what}: rate", f">= {least} of raw", least=least, **where)
        if size < KIB:
            yield from _ahead(results, f"{what}: rate", times=25, **where)
        yield from _sender_thread(results, what, **where)


def _sender_thread(results, what, **where):
    own, other = results.get(WSX.name, **where), results.get(WSX_SENDER_THREAD.name, **where)
    if own and other:
        factor = other.figure("rate") / own.figure("rate")
        yield Verdict(f"{what}: from another thread", ">= 1 of the same from its own",
                      f"{factor:.3f}", factor >= 1)


def _echo(results):
    one = dict(group="echo", scenario="echo", size=16, in_flight=1)
    for name, what in (("p50_ns", "median"), ("p99_ns", "99th percentile")):
        yield from _ratio(results, f"echo, 16 B: {what}", "<= 1.05 of raw", name, most=1.05, **one)
    many = dict(group="echo", scenario="echo", size=16, in_flight=64)
    yield from _ratio(results, "echo, 16 B, 64 in flight: rate", ">= 0.8 of raw", least=0.8, **many)


def _memory(results):
    name = "bytes_per_connection"
    plain = results.get(WSX.name, group="memory", connections=10_000, tls=False)
    if plain:
        value = plain.figure(name)
        yield Verdict("10,000 idle connections", "<= 3 KiB each", units.kib(value),
                      value <= 3 * KIB)
    tls = results.get(WSX.name, group="memory", tls=True)
    raw = results.get(RAW.name, group="memory", tls=True)
    if tls and raw:
        more = tls.figure(name) - raw.figure(name)
        yield Verdict("idle connections over TLS", "<= 4 KiB each over OpenSSL's own",
                      units.kib(more), more <= 4 * KIB)


def _tls(results):
    for scenario in ("receive", "send"):
        for size in LARGE:
            where = dict(group="tls", scenario=scenario, size=size)
            what = f"{scenario} over TLS, {units.size(size)}: rate"
            yield from _ratio(results, what, ">= 0.9 of raw", least=0.9, **where)
            yield from _ahead(results, what, peers=BEAST, **where)


def _deflate(results):
    for size in SIZES:
        receive = dict(group="deflate", scenario="receive", size=size)
        yield from _ahead(results, f"receive, compressed, {units.size(size)}: rate",
                          peers=(*BEAST, "websocketpp"), **receive)
        # At equal ratio: Beast's messages refer to those before, websocketpp's do not.
        send = dict(group="deflate", scenario="send", size=size)
        what = f"send, compressed, {units.size(size)}"
        yield from _ahead(results, f"{what}: rate", peers=BEAST, **send)
        yield from _ahead(results, f"{what}, each alone: rate", peers=("websocketpp",),
                          own=WSX_EACH_ALONE, **send)


def _connects(results):
    for cell in dict.fromkeys(r.cell for r in results.where(group="connects")):
        how = f"{cell.in_flight} at once" if cell.in_flight > 1 else "in turn"
        what = f"{cell.connections} connects{', TLS' if cell.tls else ''}, {how}: rate"
        yield from _ahead(results, what, peers=BEAST, **dataclasses.asdict(cell))


def _scaling(results):
    for scenario in ("receive", "send"):
        one = results.get(WSX.name, group="scaling", scenario=scenario, connections=1)
        many = results.get(WSX.name, group="scaling", scenario=scenario, connections=1000)
        if one and many:
            factor = many.figure("cpu_ns") / one.figure("cpu_ns")
            yield Verdict(f"{scenario}, 125 B: CPU at 1,000 connections", "flat: <= 1.25 of one",
                          f"{factor:.3f}", factor <= 1.25)
