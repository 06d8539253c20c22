#!/usr/bin/python3
"""websockets for Python as its documentation has it: asyncio, "async for" over the messages, send()
awaited for each. On uvloop, the faster event loop that asyncio's users take; messages of any size;
no keepalive pings. asyncio can't resume TLS sessions."""

import argparse
import asyncio
import gc
import itertools
import json
import os
import random
import resource
import ssl
import sys
import time

UNSUPPORTED = 3  # the exit status that says so

try:
    import uvloop
    import websockets
except ImportError as missing:
    print(f"{missing}: scripts/install-peers installs it", file=sys.stderr)
    sys.exit(UNSUPPORTED)

VERSION = f"websockets {websockets.__version__} on Python {sys.version.split()[0]}"


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls")
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--size", type=int, default=125)
    parser.add_argument("--warm-up", type=float, default=0.1)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--in-flight", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1)
    return parser.parse_args()


def path_of(plan):
    paths = {
        "receive": f"/blast/binary/{plan.size}",
        "receive_text": f"/blast/text/{plan.size}",
        "receive_mixed": f"/blast/mixed/{plan.size}",
        "send": "/sink",
        "echo": f"/echo/{plan.size}",
        "idle": "/idle",
        "connect": "/idle",
    }
    if plan.scenario not in paths:
        print("no scenario", plan.scenario, file=sys.stderr)
        sys.exit(UNSUPPORTED)
    return paths[plan.scenario]


def trade():
    return (
        '{"e":"trade","E":%d,"s":"%sUSDT","t":%d,"p":"%d.%02d","q":"0.%05d","m":%s},'
        % (1_700_000_000_000 + random.randrange(1_000_000), random.choice(["BTC", "ETH", "SOL"]),
           random.randrange(100_000_000), 20_000 + random.randrange(1_000), random.randrange(100),
           random.randrange(100_000), random.choice(["true", "false"])))


def payloads(plan):
    """What is sent, in turn: one message, or where it is compressed JSON of a feed, each message a
    little different from the last."""
    if not plan.deflate:
        return [(b"abcdefghijklmnopqrstuvwxyz" * (plan.size // 26 + 1))[:plan.size]]
    longest = len(trade()) - 10
    count = min(max(4 * 1024 * 1024 // plan.size, 4), 256)
    return ["".join(trade() for _ in range(plan.size // longest + 1)).encode()[:plan.size]
            for _ in range(count)]


def opening(plan):
    scheme, context = "ws", None
    if plan.tls:
        scheme, context = "wss", ssl.create_default_context(cafile=plan.tls)
    return websockets.connect(
        f"{scheme}://127.0.0.1:{plan.port}{path_of(plan)}", ssl=context, max_size=None,
        ping_interval=None, compression="deflate" if plan.deflate else None)


class Tally:
    """What all connections have done so far."""

    def __init__(self):
        self.count = 0
        self.round_trips = []


class Moment:
    def __init__(self, count):
        self.count = count
        self.time = time.perf_counter()
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.cpu = used.ru_utime + used.ru_stime


def percentiles(times):
    if not times:
        return {}
    times.sort()
    shares = {"p50_ns": 0.5, "p90_ns": 0.9, "p99_ns": 0.99, "p999_ns": 0.999, "max_ns": 1}
    return {name: times[int(share * (len(times) - 1))] for name, share in shares.items()}


def finish(figures):
    """The end: connections in order would wait for a server that is busy with other things."""
    print(json.dumps(figures | {"version": VERSION}), flush=True)
    os._exit(0)


def report(begin, end, times):
    count = end.count - begin.count
    figures = {"rate": count / (end.time - begin.time)}
    if count > 0:
        figures["cpu_ns"] = 1e9 * (end.cpu - begin.cpu) / count
    finish(figures | percentiles(times))


async def receive(connection, _plan, tally):
    async for _ in connection:
        tally.count += 1


async def send(connection, plan, tally):
    messages = itertools.cycle(payloads(plan))
    while True:
        for _ in range(max(1, 64 * 1024 // plan.size)):
            await connection.send(next(messages))
            tally.count += 1
        await asyncio.sleep(0)  # send() itself doesn't let others have a turn while there is room


async def echo(connection, plan, tally):
    messages = payloads(plan)
    sent = [0] * plan.in_flight
    asked = 0

    async def ask():
        nonlocal asked
        sent[asked % plan.in_flight] = time.perf_counter_ns()
        await connection.send(messages[asked % len(messages)])
        asked += 1

    for _ in range(plan.in_flight):
        await ask()
    answered = 0
    async for _ in connection:
        tally.round_trips.append(time.perf_counter_ns() - sent[answered % plan.in_flight])
        answered += 1
        tally.count += 1
        await ask()


async def open_all(plan):
    return [await opening(plan) for _ in range(plan.connections)]


async def move_messages(plan):
    work = {"send": send, "echo": echo}.get(plan.scenario, receive)
    tally = Tally()
    connections = await open_all(plan)
    tasks = [asyncio.create_task(work(c, plan, tally)) for c in connections]
    await asyncio.wait(tasks, timeout=plan.warm_up)
    tally.round_trips.clear()
    begin = Moment(tally.count)
    done, _ = await asyncio.wait(tasks, timeout=plan.seconds, return_when="FIRST_COMPLETED")
    for task in done:
        task.result()
    report(begin, Moment(tally.count), tally.round_trips)


def resident():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


async def idle(plan):
    before = resident()
    connections = await open_all(plan)
    await asyncio.sleep(0.2)
    finish({"bytes_per_connection": (resident() - before) // len(connections)})


async def connect(plan):
    places = iter(range(plan.connections))

    async def connect_again():
        for _ in places:
            (await opening(plan)).transport.abort()

    begin = Moment(0)
    await asyncio.gather(*(connect_again() for _ in range(plan.in_flight)))
    report(begin, Moment(plan.connections), [])


async def main():
    plan = parse()
    path_of(plan)
    await {"idle": idle, "connect": connect}.get(plan.scenario, move_messages)(plan)


uvloop.install()
asyncio.run(main())
