"""What clients rely on the server for. Usage: python3 -m wsx_bench.test_server SERVER"""

import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import unittest
import zlib

KEY = b"\x37\xfa\x21\x3d"
TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"


def length(size, mask_bit):
    if size < 126:
        return bytes([mask_bit | size])
    if size < 1 << 16:
        return bytes([mask_bit | 126]) + struct.pack(">H", size)
    return bytes([mask_bit | 127]) + struct.pack(">Q", size)


def client_frame(first, payload):
    key = (KEY * (len(payload) // 4 + 1))[:len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return (bytes([first]) + length(len(payload), 0x80) + KEY +
            masked.to_bytes(len(payload), "big"))


def server_frame(first, payload):
    return bytes([first]) + length(len(payload), 0) + payload


class Connection:
    def __init__(self, path, *headers, tls=False):
        self.socket = socket.create_connection(
            ("127.0.0.1", SERVER["tls_port" if tls else "plain_port"]), timeout=20)
        if tls:
            context = ssl.create_default_context(cafile=SERVER["ca"])
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
                 "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                 "Sec-WebSocket-Version: 13", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.file = self.socket.makefile("rb")
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            self.head += self.file.read(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def read_frame(self):
        first, size = self.file.read(2)
        if size == 126:
            size, = struct.unpack(">H", self.file.read(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.file.read(8))
        return first, self.file.read(size)


class ServerTest(unittest.TestCase):
    def test_handshake(self):
        with Connection("/idle") as client:
            self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", client.head)
            self.assertNotIn(b"Sec-WebSocket-Extensions", client.head)

    def test_blast(self):
        for kind, first in (("binary", BINARY), ("text", TEXT), ("mixed", TEXT)):
            with self.subTest(kind), Connection(f"/blast/{kind}/300") as client:
                for _ in range(2000):  # more than is written at a time
                    opcode, payload = client.read_frame()
                    self.assertEqual((opcode, len(payload)), (first, 300))
                payload.decode("utf-8")

    def test_compressed_blast(self):
        for offer, takeover in (("", True), ("; server_no_context_takeover", False)):
            with self.subTest(offer), Connection("/blast/text/200", DEFLATE + offer) as client:
                inflater = zlib.decompressobj(-15)
                for _ in range(5000):
                    first, payload = client.read_frame()
                    self.assertEqual(first, TEXT | 0x40)
                    inflater = inflater if takeover else zlib.decompressobj(-15)
                    message = inflater.decompress(payload + b"\0\0\xff\xff")
                    self.assertTrue(len(message) == 200 and message.startswith(b'{"e":'))

    def test_deflate_terms(self):
        offer = "; server_no_context_takeover; client_no_context_takeover"
        for offered, granted in (("", b""), (offer, offer.encode()),
                                 ("; client_max_window_bits", b""),
                                 ("; server_max_window_bits=10", b"; server_max_window_bits=10")):
            with self.subTest(offered), Connection("/idle", DEFLATE + offered) as client:
                self.assertIn(DEFLATE.encode() + granted + b"\r\n", client.head)

    def test_echo_of_every_length_form(self):
        for tls in (False, True):
            with Connection("/echo/1", tls=tls) as client:
                for size in (0, 1, 125, 126, 65535, 65536, 1 << 20):
                    payload = os.urandom(size)
                    client.socket.sendall(client_frame(BINARY, payload))
                    self.assertTrue(client.read_frame() == (BINARY, payload), f"{size}, TLS {tls}")

    def test_echo_of_pieces(self):
        frames = client_frame(TEXT, b"one") + client_frame(0xC1, b"compressed") + \
            client_frame(BINARY, b"x" * 200)
        with Connection("/echo/3") as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in frames:
                client.socket.sendall(bytes([byte]))
            self.assertEqual(client.read_frame(), (TEXT, b"one"))
            self.assertEqual(client.read_frame(), (0xC1, b"compressed"))
            self.assertEqual(client.read_frame(), (BINARY, b"x" * 200))

    def test_echo_of_more_than_anybody_reads(self):
        messages = [os.urandom(1 << 20) for _ in range(32)]
        with Connection("/echo/1048576") as client:
            for message in messages:
                client.socket.sendall(client_frame(BINARY, message))
            for message in messages:
                self.assertTrue(client.read_frame() == (BINARY, message))

    def test_control_frames(self):
        for path in ("/idle", "/echo/1"):
            with self.subTest(path), Connection(path) as client:
                client.socket.sendall(client_frame(PING, b"hi") + client_frame(CLOSE, b"\x03\xe8"))
                self.assertEqual(client.file.read(), server_frame(PONG, b"hi") +
                                 server_frame(CLOSE, b"\x03\xe8"))

    def test_sink_answers_nothing(self):
        with Connection("/sink") as client:
            client.socket.sendall(client_frame(BINARY, b"x" * 1000) * 1000)
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(client.file.read(), b"")

    def test_what_is_no_request(self):
        with socket.create_connection(("127.0.0.1", SERVER["plain_port"]), timeout=20) as client:
            client.sendall(b"hello\r\n\r\n")
            self.assertEqual(client.recv(100), b"")


if __name__ == "__main__":
    with subprocess.Popen([sys.argv.pop()], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        SERVER = json.loads(process.stdout.readline())
        ran = unittest.main(exit=False)
        process.stdin.close()
    sys.exit(not ran.result.wasSuccessful() or process.returncode)
