"""The report's tables, in Markdown."""

from . import units
from .clients import RAW

SCENARIOS = {
    "receive": "Receive binary",
    "receive_text": "Receive text, UTF-8 checked",
    "receive_mixed": "Receive text, 65 % of the characters of several bytes",
    "send": "Send, one message a call",
}


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _with_ratio(text, result, name):
    ratio = result.ratio(name)
    return text if ratio is None or result.client.name == RAW.name else f"{text} ({ratio:.2f})"


def _rate(result):
    text = units.rate(result.figure("rate"), result.cell.size)
    return _with_ratio(text, result, "rate")


def _time(name):
    def entry(result):
        value = result.figure(name)
        return "-" if value is None else _with_ratio(units.time(value), result, name)
    return entry


_cpu = _time("cpu_ns")


def _connects(result):
    return _with_ratio(units.count(result.figure("rate")), result, "rate")


def _memory(result):
    return units.kib(result.figure("bytes_per_connection"))


def _grid(results, cells, column, entry, corner=""):
    """Clients down, cells across; who has nothing in any cell is left out."""
    rows = []
    for client in results.clients():
        found = [_find(results, client, cell) for cell in cells]
        if any(r and r.rounds for r in found):
            rows.append([client.label, *(entry(r) if r and r.rounds else "-" for r in found)])
    return table([corner, *map(column, cells)], rows)


def _find(results, client, cell):
    return next((r for r in results.all if r.client == client and r.cell == cell), None)


def _cells(results, **conditions):
    return list(dict.fromkeys(r.cell for r in results.where(**conditions)))


def _by_size(cell):
    return units.size(cell.size)


def throughput(results, group):
    """For each scenario of the group: rates, then CPU time."""
    parts = []
    for scenario, title in SCENARIOS.items():
        cells = _cells(results, group=group, scenario=scenario)
        if cells:
            parts += [f"### {title}\n",
                      _grid(results, cells, _by_size, _rate, "messages or bytes a second"),
                      _grid(results, cells, _by_size, _cpu, "CPU time a message")]
    return "\n".join(parts)


def echo(results, group):
    parts = []
    for cell in _cells(results, group=group, scenario="echo"):
        rows = [_echo_row(r) for r in results.where(**vars(cell)) if r.rounds]
        head = [f"{units.size(cell.size)}, {cell.in_flight} in flight",
                "messages a second", "p50", "p90", "p99", "p99.9", "most"]
        parts.append(table(head, rows))
    return "\n".join(parts)


def _echo_row(result):
    names = ("p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns")
    return [result.client.label, _rate(result), *(_time(name)(result) for name in names)]


def lateness(results):
    """How late a timer of 1 ms is; the yardstick's row is that of an I/O context with nothing else."""
    parts = []
    for cell in _cells(results, group="lateness"):
        rows = [_lateness_row(r) for r in results.where(**vars(cell)) if r.rounds]
        head = [f"{cell.work} µs a callback", "p50", "p99", "most", "messages a second"]
        parts.append(table(head, rows))
    return "\n".join(parts)


def _lateness_row(result):
    idle = result.client.name == RAW.name
    times = (units.time(result.figure(name)) for name in ("p50_ns", "p99_ns", "max_ns"))
    return ["nothing beside it" if idle else result.client.label, *times,
            "-" if idle else units.rate(result.figure("rate"), result.cell.size)]


def scaling(results):
    parts = []
    for scenario in ("receive", "send"):
        cells = _cells(results, group="scaling", scenario=scenario)
        parts += [_grid(results, cells, lambda c: f"{c.connections:,}", entry,
                        f"{SCENARIOS[scenario]}, 125 B: {what}")
                  for entry, what in ((_rate, "messages a second"), (_cpu, "CPU time a message"))]
    return "\n".join(parts)


def _connection_kind(cell):
    marks = ["TLS"] * cell.tls + ["deflate"] * cell.deflate
    return ", ".join([f"{cell.connections:,}", *marks])


def memory(results):
    return _grid(results, _cells(results, group="memory"), _connection_kind, _memory,
                 "resident bytes of an idle connection")


def connects(results):
    def column(cell):
        return f"{'TLS, ' * cell.tls}{cell.in_flight:,} at once"
    return _grid(results, _cells(results, group="connects"), column, _connects,
                 "connections a second")


def syscalls(counts):
    head = ["", "all", "the most frequent"]
    return table(head, [_syscall_row(c) for c in counts])


def _syscall_row(count):
    cell = count.cell
    what = f"{cell.scenario}, {units.size(cell.size)}, {cell.in_flight} in flight, {count.client}"
    most = sorted(count.calls.items(), key=lambda item: -item[1])[:4]
    return [what, f"{sum(count.calls.values()):.4f}",
            ", ".join(f"{name} {each:.4f}" for name, each in most)]


def verdicts(all_verdicts):
    head = ["", "target", "measured", ""]
    return table(head, [[v.what, v.target, v.measured, "met" if v.met else "**not met**"]
                        for v in all_verdicts])


def failures(results):
    said = {}
    for r in results.all:
        if r.failure:
            said.setdefault((r.client.label, r.failure), []).append(str(r.cell))
    return "".join(f"- {label}: {failure} ({len(cells)}: {cells[0]}{', ...' * (len(cells) > 1)})\n"
                   for (label, failure), cells in said.items())
