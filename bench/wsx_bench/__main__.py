"""Usage: see --help, or scripts/bench, which builds what is needed first."""

import argparse
import dataclasses
import pathlib
import sys

from . import report, tables
from .cells import PACES, cells
from .clients import find_clients
from .machine import describe_machine
from .results import Results
from .runs import run_cell
from .server import choose_cores, running_server
from .syscalls import count_syscalls
from .targets import judge
from .units import rate, time

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(
        prog="wsx_bench", description="Runs the end-to-end benchmark and writes a report.")
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(),
                        default=SOURCE / "build-bench", help="the build directory")
    parser.add_argument("--output", type=pathlib.Path, default=SOURCE / "bench" / "report",
                        help="where the report goes")
    parser.add_argument("--quick", dest="pace", action="store_const", const="quick",
                        default="full", help="less of everything: under ten minutes")
    parser.add_argument("--smoke", dest="pace", action="store_const", const="smoke",
                        help="a few seconds, to see that everything works")
    parser.add_argument("--rounds", type=int, help="rounds, of other libraries too")
    parser.add_argument("--seconds", type=float, help="the length of each measurement")
    parser.add_argument("--groups", type=lambda words: words.split(","),
                        help="throughput,echo,lateness,tls,deflate,scaling,memory,connects,syscalls")
    parser.add_argument("--clients", type=lambda words: words.split(","), default=[],
                        help="only these, and raw")
    return parser.parse_args()


def pace_of(chosen):
    changes = {}
    if chosen.rounds:
        changes = {"rounds": chosen.rounds, "peer_rounds": chosen.rounds}
    if chosen.seconds:
        changes["seconds"] = chosen.seconds
    return dataclasses.replace(PACES[chosen.pace], **changes)


def show(results):
    print(results[0].cell)
    for r in results:
        print(f"  {r.client.label:28}", r.failure or _summary(r), flush=True)


def _summary(result):
    texts = [(text(result), name) for name, text in FIGURES if result.figure(name) is not None]
    return "  ".join(f"{text:>16} {_ratio(result, name):6}" for text, name in texts)


FIGURES = (
    ("rate", lambda r: rate(r.figure("rate"), r.cell.size) + "/s"),
    ("cpu_ns", lambda r: time(r.figure("cpu_ns")) + " CPU"),
    ("p50_ns", lambda r: time(r.figure("p50_ns")) + " p50"),
    ("p99_ns", lambda r: time(r.figure("p99_ns")) + " p99"),
    ("bytes_per_connection", lambda r: f"{r.figure('bytes_per_connection'):.0f} B"),
)


def _ratio(result, name):
    ratio = result.ratio(name)
    return "" if ratio is None else f"({ratio:.2f})"


def main():
    chosen = arguments()
    pace = pace_of(chosen)
    cores = choose_cores()
    clients = find_clients(chosen.build, SOURCE, chosen.clients)
    machine = describe_machine(chosen.build, cores)
    print(machine)
    results, counts = [], []
    with running_server(chosen.build, cores) as server:
        for cell in cells(pace.scope):
            if not chosen.groups or cell.group in chosen.groups:
                found = run_cell(cell, clients, server, pace, cores.client)
                show(found)
                results += found
        if not chosen.groups or "syscalls" in chosen.groups:
            counts = count_syscalls(clients, server, cores.client, pace.syscall_seconds)
    report.write(chosen.output, machine, pace, results, counts)
    print(tables.verdicts(judge(Results(results))))
    print(f"Written: {chosen.output}/report.md")
    return 1 if any(r.broken and not r.client.peer for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
