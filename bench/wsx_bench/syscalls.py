"""System calls a message, counted by strace: in runs of their own, for strace slows them down."""

import dataclasses
import re
import shutil
import tempfile

from .cells import Cell
from .clients import RAW, WSX
from .runs import Failure, command_of, run_once

# A line of strace's table: calls, errors if there are any, name.
LINE = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$")


@dataclasses.dataclass(frozen=True)
class Count:
    client: str
    cell: Cell
    calls: dict  # a message, by name

    def as_json(self):
        return {"client": self.client, **dataclasses.asdict(self.cell), "calls": self.calls}


def _traced(client, cell, server, core, seconds):
    """The messages, and the calls of the whole process by name."""
    with tempfile.NamedTemporaryFile(mode="r") as table:
        command = ["strace", "-c", "-f", "-o", table.name,
                   *command_of(client, cell, server, 0, seconds)]
        figures = run_once(command, core, seconds)
        found = [LINE.match(line) for line in table.read().splitlines()]
    return figures["rate"] * seconds, {m[2]: int(m[1]) for m in found if m and m[2] != "total"}


def _count(client, cell, server, core, seconds):
    """The longer of two runs has the same start, and more messages."""
    few, few_calls = _traced(client, cell, server, core, seconds)
    many, many_calls = _traced(client, cell, server, core, 3 * seconds)
    messages = max(many - few, 1)
    each = {name: (calls - few_calls.get(name, 0)) / messages
            for name, calls in many_calls.items()}
    calls = {name: count for name, count in each.items() if count * messages >= 10}
    return Count(client.name, cell, calls)


def count_syscalls(clients, server, core, seconds):
    if shutil.which("strace") is None:
        return []
    cells = [Cell("syscalls", "receive"), Cell("syscalls", "send"),
             Cell("syscalls", "echo", 16), Cell("syscalls", "echo", 16, in_flight=64)]
    counts = []
    for cell in cells:
        for client in clients:
            if client.name not in (RAW.name, WSX.name):
                continue
            try:
                counts.append(_count(client, cell, server, core, seconds))
            except Failure as failure:
                print(f"  strace: {failure}")
    return counts
