"""Writes what came of a run: results.json, report.md and the plots."""

import json

from . import plots, tables
from .results import Results
from .targets import judge

INTRODUCTION = """\
A server that does as little as possible is on one core, the client on another. All clients run in
turn, round by round; the numbers are medians, and in parentheses is the ratio to sockets alone in
the same round: for rates more is better, for times less. CPU time is that of the client's whole
process, the kernel's share included. How to measure: [benchmarks](../../docs/benchmarks.md).
"""


def write(directory, machine, pace, results, counts):
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / "results.json", machine, pace, results, counts)
    found = Results(results)
    drawn = plots.draw_all(directory, found)
    (directory / "report.md").write_text(_markdown(machine, pace, found, counts, drawn))


def write_json(path, machine, pace, results, counts):
    """A line for each result, so that two runs can be compared."""
    def lines(items):
        return "[\n" + ",\n".join(json.dumps(i.as_json()) for i in items) + "\n]"

    content = {"machine": json.dumps(machine), "pace": json.dumps(vars(pace)),
               "versions": json.dumps(_versions(results)),
               "results": lines(results), "syscalls": lines(counts)}
    text = ",\n".join(f'"{name}": {value}' for name, value in content.items())
    path.write_text("{\n" + text + "\n}\n")


def _versions(results):
    return {r.client.label: r.version for r in results if r.version}


def _header(machine, pace, results):
    beware = "" if machine["pinned"] else " Server and client share one core: expect noise."
    if machine["load_before"] > 1:
        beware += " **The machine was busy with other work: the numbers are noise in part.**"
    lines = [
        f"{machine['date']}. {machine['cpu']}, {machine['cores']} cores; {machine['system']}, "
        f"{machine['kernel']}; {machine['compiler']}, {machine['build']}; load average before: "
        f"{machine['load_before']}.{beware}",
        f"Rounds: {pace.rounds}, of other libraries {pace.peer_rounds}, of memory 1; "
        f"{pace.seconds} s each, after {pace.warm_up} s to warm up.",
        "; ".join(f"{label}: {version}" for label, version in _versions(results.all).items()) + ".",
    ]
    return "\n\n".join(lines) + "\n"


def _markdown(machine, pace, results, counts, drawn):
    met = judge(results)
    sections = [
        ("Targets", tables.verdicts(met) if met else ""),
        ("Throughput", drawn.get("throughput", "") + drawn.get("cpu", "") +
         tables.throughput(results, "throughput")),
        ("Latency", drawn.get("latency", "") + tables.echo(results, "echo")),
        ("Lateness of a timer beside a client that is flooded", tables.lateness(results)),
        ("TLS", tables.throughput(results, "tls") + "\n" + tables.echo(results, "tls")),
        ("Compression", tables.throughput(results, "deflate")),
        ("Many connections", tables.scaling(results)),
        ("Memory", drawn.get("memory", "") + tables.memory(results)),
        ("Connecting", tables.connects(results)),
        ("System calls a message", tables.syscalls(counts) if counts else ""),
        ("What a client could not do", tables.failures(results)),
    ]
    parts = ["# Benchmark report\n", INTRODUCTION, _header(machine, pace, results)]
    parts += [f"## {title}\n\n{body}" for title, body in sections if body.strip()]
    return "\n".join(parts)
