"""The clients that are measured."""

import dataclasses
import json
import pathlib


@dataclasses.dataclass(frozen=True)
class Client:
    name: str
    label: str
    command: tuple  # of words; {build} and {source} stand for directories
    peer: bool = False
    only: tuple = ()  # group and scenario, if it is for no other
    ticks: bool = True  # whether it has a timer to be late

    def takes_part_in(self, cell):
        if cell.group == "lateness" and not self.ticks:
            return False
        if self.only and self.only != (cell.group, cell.scenario):
            return False
        return not (self.peer and cell.ours_only)


RAW = Client("raw", "sockets alone", ("{build}/bench/bench_raw",))
WSX = Client("wsx", "wsx", ("{build}/bench/bench_wsx",))
WSX_AWAITED = Client(
    "wsx_awaited", "wsx, co_await send",
    ("{build}/bench/bench_wsx", "--send-by", "send"), only=("throughput", "send"))
WSX_SENDER_THREAD = Client(
    "wsx_sender_thread", "wsx, from another thread",
    ("{build}/bench/bench_wsx", "--send-by", "thread"), only=("throughput", "send"))
# As websocketpp compresses, which offers nothing else: that leaves ten times the bytes of a small message.
WSX_EACH_ALONE = Client(
    "wsx_each_alone", "wsx, each message alone",
    ("{build}/bench/bench_wsx", "--each-alone"), only=("deflate", "send"))
WSX_SHORT_TURNS = Client(
    "wsx_short_turns", "wsx, max_turn 100 µs",
    ("{build}/bench/bench_wsx", "--max-turn", "100"), only=("lateness", "lateness"))
OURS = [RAW, WSX, WSX_AWAITED, WSX_SENDER_THREAD, WSX_EACH_ALONE, WSX_SHORT_TURNS]


def _is_there(client):
    """Whether its program has been built, or its script written."""
    paths = [pathlib.Path(word) for word in client.command if "/" in word]
    return all(path.exists() for path in paths)


def find_clients(build, source, only=()):
    """All that can run, with their commands filled in; raw first, for it is the yardstick."""
    listed = source / "bench" / "peers" / "peers.json"
    peers = json.loads(listed.read_text()) if listed.exists() else []
    clients = OURS + [
        Client(p["name"], p.get("label", p["name"]), tuple(p["command"]), peer=True,
               ticks=p.get("ticks", False))
        for p in peers]
    filled = [
        dataclasses.replace(c, command=tuple(
            word.format(build=build, source=source) for word in c.command))
        for c in clients]
    wanted = [c for c in filled if not only or c.name in only or c.name == RAW.name]
    return [c for c in wanted if _is_there(c)]
