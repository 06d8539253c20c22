"""Hypercorn, which pings by itself, and does not tell of pongs. Usage: hypercorn_server.py PORT"""

import asyncio
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from pings import INTERVAL, LARGEST_MESSAGE, answer


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        message = event.get("text")
        if message == "!close":
            await send({"type": "websocket.close", "code": 1000})
        else:
            reply = answer(event["bytes"] if message is None else message)
            await send({"type": "websocket.send", "text": reply})


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
config.websocket_max_message_size = LARGEST_MESSAGE
config.websocket_ping_interval = INTERVAL
asyncio.run(serve(app, config))
