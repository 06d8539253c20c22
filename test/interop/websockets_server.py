#!/usr/bin/python3
"""An echo server on the Python package `websockets`, as the system's package manager installs it.

Usage: websockets_server.py PORT|PATH, where PATH is that of a unix-domain socket. For its commands see README.md.
"""

import asyncio
import contextlib
import http
import socket
import struct
import sys

import websockets

# A text frame of 1000 bytes of which only the first 500 come. RFC 6455 5.2.
HALF_MESSAGE = bytes([0x81, 126, 0x03, 0xE8]) + b"x" * 500

connections = []  # by number


async def number(ws):
    await ws.send(str(ws.number))


async def closed(ws, which):
    await ws.send(await connections[int(which)].ended)


async def count(ws, which):
    await ws.send(str(connections[int(which)].message_count))


async def fragment(ws, frames, kind):
    pieces = [f"{i};" for i in range(int(frames))]
    await ws.send(pieces if kind == "text" else [piece.encode() for piece in pieces])


async def ping(ws, payload):
    # The library completes this with the pong of the same payload only.
    await (await ws.ping(payload))
    await ws.send(f"pong {payload}")


async def close(ws, code=1000, reason=""):
    await ws.close(int(code), reason)


async def drop(ws):
    ws.transport.write(HALF_MESSAGE)
    ws.transport.abort()


async def reset(ws):
    # SO_LINGER with a time of zero: the close resets.
    linger = struct.pack("ii", 1, 0)
    ws.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    await drop(ws)


async def farewell(ws):
    """In one segment; the library knows nothing of its Close, and answers the client's."""
    ws.transport.write(b"\x81\x01a\x81\x01b\x81\x01c" + b"\x88\x02\x03\xe8")


async def half(ws):
    ws.transport.write(HALF_MESSAGE)


COMMANDS = {
    f.__name__: f
    for f in (number, closed, count, fragment, ping, close, farewell, drop, reset, half)
}


async def answer(ws, message):
    ws.message_count += 1
    if isinstance(message, str) and message.startswith("!"):
        name, *arguments = message[1:].split(" ")
        await COMMANDS[name](ws, *arguments)
    else:
        await ws.send(message)


async def serve(ws):
    ws.number = len(connections)
    ws.message_count = 0
    ws.ended = asyncio.get_running_loop().create_future()
    connections.append(ws)
    try:
        async for message in ws:
            # Once the client has closed, what came before its Close is still to be read.
            with contextlib.suppress(websockets.ConnectionClosed):
                await answer(ws, message)
    except websockets.ConnectionClosed:
        pass
    finally:
        await ws.wait_closed()
        ws.ended.set_result(f"{ws.close_code} {ws.close_reason}")


async def refuse_missing(path, headers):
    if path == "/missing":
        return http.HTTPStatus.NOT_FOUND, {"X-Reason": "missing"}, b"nothing is here\n"
    return None


class Protocol(websockets.WebSocketServerProtocol):
    def select_subprotocol(self, offered, supported):
        # In the server's order; the library would weigh both sides'.
        return next((name for name in supported if name in offered), None)


def listen(where, **options):
    if where.startswith("/"):
        return websockets.unix_serve(serve, where, **options)
    return websockets.serve(serve, "127.0.0.1", int(where), **options)


async def main():
    async with listen(
        sys.argv[1],
        create_protocol=Protocol,
        process_request=refuse_missing,
        subprotocols=["v2.echo", "v1.echo"],
        max_size=32 * 1024 * 1024,
        ping_interval=None,
    ):
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
