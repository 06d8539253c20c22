"""What the servers of this folder share: pings, and what they answer."""

import asyncio

INTERVAL = 0.003  # seconds
MOST_UNANSWERED = 32  # fewer than a client has to remember
LARGEST_MESSAGE = 128 * 1024 * 1024


class Pings:
    """Pings a client again and again, with numbers, and counts its pongs: each ping is to be
    answered once, in order. RFC 6455 5.5.3 allows less, but clients promise it."""

    def __init__(self, send):
        self.send = send
        self.sent = 0
        self.answered = 0
        self.wrong = 0
        self.task = asyncio.ensure_future(self.run())

    async def run(self):
        while True:
            if self.sent - self.answered < MOST_UNANSWERED:
                self.sent += 1
                await self.send(b"%d" % self.sent)
            await asyncio.sleep(INTERVAL)

    def got_pong(self, payload):
        if payload != b"%d" % (self.answered + 1):
            self.wrong += 1
        self.answered = int(payload)

    async def report(self):
        """Ends the pings; waits for the answers that are still to come."""
        self.stop()
        while self.answered < self.sent:
            await asyncio.sleep(INTERVAL)
        return f"{self.sent} pings, {self.wrong} answered out of turn"

    def stop(self):
        self.task.cancel()


def answer(message):
    """To text the same, to bytes how many they are."""
    return message if isinstance(message, str) else str(len(message))
