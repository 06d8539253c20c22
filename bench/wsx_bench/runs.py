"""Runs clients, in turn, and takes the medians."""

import dataclasses
import json
import os
import statistics
import subprocess

from .clients import RAW

UNSUPPORTED = 3  # a client's exit status
SLACK = 60  # seconds that a client may take for what is not measured


@dataclasses.dataclass
class Result:
    """What a client came to in a cell."""
    cell: object
    client: object
    rounds: list = dataclasses.field(default_factory=list)  # of figures
    ratios: list = dataclasses.field(default_factory=list)  # to raw in the same round
    failure: str = ""
    broken: bool = False  # it ought to have worked

    def figure(self, name):
        return _median(self.rounds, name)

    def ratio(self, name):
        return _median(self.ratios, name)

    @property
    def version(self):
        return self.rounds[0].get("version", "") if self.rounds else ""

    def as_json(self):
        names = [n for n in (self.rounds[0] if self.rounds else {}) if n != "version"]
        ratios = {n: round(r, 4) for n in names if (r := self.ratio(n)) is not None}
        return {"client": self.client.name, **dataclasses.asdict(self.cell),
                "median": {n: self.figure(n) for n in names}, "ratio": ratios,
                "rounds": [{n: figures[n] for n in names} for figures in self.rounds],
                "failure": self.failure}


def _median(rounds, name):
    values = [figures[name] for figures in rounds if name in figures]
    return statistics.median(values) if values else None


class Failure(Exception):
    """A client can't do it, or, if it is broken, did not."""

    def __init__(self, why, broken=True):
        super().__init__(why)
        self.broken = broken


def command_of(client, cell, server, warm_up, seconds):
    return [*client.command, *server.arguments(cell), *cell.arguments(),
            "--warm-up", str(warm_up), "--seconds", str(seconds)]


def run_once(command, core, seconds):
    """The client's figures."""
    def stay_on_core():
        if core is not None:
            os.sched_setaffinity(0, {core})

    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds + SLACK, preexec_fn=stay_on_core)
    except subprocess.TimeoutExpired:
        raise Failure("took too long") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Failure(lines[-1], broken=done.returncode != UNSUPPORTED)
    figures = json.loads(done.stdout)
    if figures.get("rate") == 0:
        raise Failure("nothing came")
    return figures


def _ratios(figures, yardstick):
    return {name: value / yardstick[name] for name, value in figures.items()
            if name != "version" and yardstick.get(name)}


def run_cell(cell, clients, server, pace, core):
    """Every client once a round. Each round begins with another one but for raw, which goes
    first, as ratios are to the raw run of the same round."""
    results = [Result(cell, c) for c in clients if c.takes_part_in(cell)]
    for number in range(pace.rounds):
        playing = [r for r in results if not r.failure and
                   number < pace.rounds_of(cell, r.client.peer)]
        yardstick = {}
        for result in _in_order(playing, number):
            figures = _attempt(result, server, pace, core)
            if result.client.name == RAW.name:
                yardstick = figures
            if figures:
                result.rounds.append(figures)
                result.ratios.append(_ratios(figures, yardstick))
    return results


def _attempt(result, server, pace, core):
    """The figures; none after a failure, which the result keeps."""
    command = command_of(result.client, result.cell, server, pace.warm_up, pace.seconds)
    try:
        return run_once(command, core, pace.warm_up + pace.seconds)
    except Failure as failure:
        result.failure, result.broken = str(failure), failure.broken
        return {}


def _in_order(results, number):
    raw = [r for r in results if r.client.name == RAW.name]
    others = [r for r in results if r.client.name != RAW.name]
    shift = number % len(others) if others else 0
    return raw + others[shift:] + others[:shift]
