"""An aiohttp server that pings. Usage: aiohttp_server.py PORT"""

import asyncio
import sys

from aiohttp import WSMsgType, web
from pings import LARGEST_MESSAGE, Pings, answer


async def report(ws, pings):
    await ws.send_str(await pings.report())


async def serve(request):
    ws = web.WebSocketResponse(max_msg_size=LARGEST_MESSAGE, autoping=False)
    await ws.prepare(request)
    pings = Pings(ws.ping)
    try:
        async for message in ws:
            if message.type == WSMsgType.PING:
                await ws.pong(message.data)
            elif message.type == WSMsgType.PONG:
                pings.got_pong(bytes(message.data))
            elif message.data == "!pings":
                asyncio.ensure_future(report(ws, pings))
            elif message.data == "!close":
                await ws.close()
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await ws.send_str(answer(message.data))
    finally:
        pings.stop()
    return ws


app = web.Application()
app.add_routes([web.get("/", serve)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
