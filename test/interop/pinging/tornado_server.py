"""A Tornado server that pings. Usage: tornado_server.py PORT"""

import asyncio
import sys

import tornado.web
import tornado.websocket
from pings import LARGEST_MESSAGE, Pings, answer


class Socket(tornado.websocket.WebSocketHandler):
    def get_compression_options(self):
        return {}

    def open(self):
        self.pings = Pings(self.send_ping)

    async def send_ping(self, payload):
        self.ping(payload)

    def on_pong(self, payload):
        self.pings.got_pong(payload)

    def on_message(self, message):
        if message == "!pings":
            asyncio.ensure_future(self.report())
        elif message == "!close":
            self.close(1000)
        else:
            self.write_message(answer(message))

    async def report(self):
        self.write_message(await self.pings.report())

    def on_close(self):
        self.pings.stop()


async def main():
    app = tornado.web.Application([("/", Socket)], websocket_max_message_size=LARGEST_MESSAGE)
    app.listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
