"""uvicorn on wsproto, which pings. Usage: uvicorn_server.py PORT"""

import asyncio
import sys

import uvicorn
from pings import Pings, answer
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.connection import ConnectionState
from wsproto.events import Ping, Pong


class Protocol(WSProtocol):
    """ASGI knows nothing of pings: here the application finds them in its scope."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        events = self.conn.events

        def observed():
            for event in events():
                if isinstance(event, Pong):
                    self.scope["pings"].got_pong(bytes(event.payload))
                yield event

        self.conn.events = observed

    def handle_connect(self, event):
        super().handle_connect(event)
        self.scope["ping"] = self.send_ping

    async def send_ping(self, payload):
        await self.writable.wait()
        if self.conn.state == ConnectionState.OPEN and not self.transport.is_closing():
            self.transport.write(self.conn.send(Ping(payload)))


async def report(send, pings):
    await send({"type": "websocket.send", "text": await pings.report()})


async def app(scope, receive, send):
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    pings = scope["pings"] = Pings(scope["ping"])
    try:
        while (event := await receive())["type"] == "websocket.receive":
            message = event.get("text")
            if message == "!pings":
                asyncio.ensure_future(report(send, pings))
            elif message == "!close":
                await send({"type": "websocket.close", "code": 1000})
            else:
                reply = answer(event["bytes"] if message is None else message)
                await send({"type": "websocket.send", "text": reply})
    finally:
        pings.stop()


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), ws=Protocol, lifespan="off")
