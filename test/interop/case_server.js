// A conformance server in small, for the example `autobahn_agent`: plays cases to whoever asks for
// them, as that of the Autobahn test suite does. Prints its port. When reports are asked for, prints
// which cases failed, and exits with 0 if none did and all were played.
// Usage: node case_server.js
'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { WebSocketServer } = require('ws');

const MiB = 1024 * 1024;

// Waits for the next of the socket's events, bounded.
const next = (ws, event) => once(ws, event, { signal: AbortSignal.timeout(20_000) });

async function echoes(ws, data, binary, send = () => ws.send(data, { binary })) {
  const answer = next(ws, 'message');
  send();
  const [got, gotBinary] = await answer;
  assert.strictEqual(gotBinary, binary);
  assert.ok(got.equals(Buffer.from(data)));
}

function inFragments(ws, data, size, options = {}) {
  for (let at = 0; at < data.length; at += size) {
    ws.send(data.subarray(at, at + size), { binary: true, fin: false, ...options });
  }
  ws.send('', { binary: true, fin: true });
}

const refuses = (bytes, code) => async (ws) => {
  const closed = next(ws, 'close');
  ws._socket.write(Buffer.from(bytes));
  assert.strictEqual((await closed)[0], code);
};

const text = (size) => 'a\u00DF\u20AC\u{1F600}'.repeat(size).slice(0, size);
const bytes = (size) => Buffer.from(Array.from({ length: 65536 }, (_, i) => (i * i) >> 3))
  .toString('latin1').repeat(size / 65536);

const cases = [
  ...[0, 16, 125, 126, 127, 128, 65535, 65536].map((size) => (ws) => echoes(ws, text(size), false)),
  ...[16, 64, 128].map((kib) => (ws) => echoes(ws, 'x'.repeat(kib * 1024), true)),
  (ws) => echoes(ws, Buffer.from(bytes(16 * MiB), 'latin1'), true),
  ...[64 * 1024, MiB].map((size) => (ws) => {
    const data = Buffer.from(bytes(16 * MiB), 'latin1');
    return echoes(ws, data, true, () => inFragments(ws, data, size));
  }),
  (ws) => {
    const data = Buffer.alloc(20_000, 'f');
    return echoes(ws, data, true, () => inFragments(ws, data, 1));
  },
  async (ws) => {
    const pong = next(ws, 'pong');
    await echoes(ws, 'one two', false, () => {
      ws.send('one ', { fin: false });
      ws.ping('between');
      ws.send('two', { fin: true });
    });
    assert.strictEqual(String((await pong)[0]), 'between');
  },
  async (ws) => {
    ws._socket.setNoDelay(true);
    const frame = Buffer.from([0x81, 126, 3, 0xe8, ...Buffer.alloc(1000, 'c')]);
    await echoes(ws, 'c'.repeat(1000), false, () => {
      for (const byte of frame) ws._socket.write(Buffer.from([byte]));
    });
  },
  async (ws) => {
    for (let i = 0; i < 1000; i++) await echoes(ws, `message ${i}`, false);
  },
  refuses([0x81, 2, 0xc3, 0x28], 1007),
  refuses([0x91, 1, 0x61], 1002), // RSV3
  refuses([0x83, 0], 1002), // a reserved opcode
  refuses([0x80, 0], 1002), // a continuation of nothing
  refuses([0x09, 0], 1002), // half a ping
  refuses([0x88, 1, 3], 1002), // half a close code
  async (ws) => {
    const closed = next(ws, 'close');
    ws.close(3000, 'reason');
    assert.strictEqual((await closed)[0], 3000);
  },
  async (ws) => {
    const socket = ws._socket;
    const closed = next(socket, 'close');
    ws._receiver.prependOnceListener('conclude', () => socket.resetAndDestroy());
    ws.close(1000);
    await closed;
  },
];

const failures = [];
const plays = [];

async function play(number, ws) {
  try {
    await cases[number - 1](ws);
  } catch (error) {
    failures.push(`case ${number}: ${error.message}`);
  }
  if (ws.readyState === ws.OPEN) ws.close(1000);
}

async function report(ws) {
  await Promise.all(plays);
  console.log(`${plays.length} of ${cases.length} cases played`);
  failures.forEach((failure) => console.log(failure));
  const passed = failures.length === 0 && plays.length === cases.length;
  ws.once('close', () => process.exit(passed ? 0 : 1));
  ws.close(1000);
}

const server = new WebSocketServer(
  { host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 }, maxPayload: 64 * MiB },
  () => console.log(server.address().port),
);

server.on('connection', (ws, request) => {
  ws.on('error', () => {}); // the cases see the code that the connection ends with
  const url = new URL(request.url, 'ws://localhost');
  if (request.headers.host !== `127.0.0.1:${server.address().port}`) failures.push('a wrong Host');
  if (url.searchParams.get('agent') !== 'tested' && url.pathname !== '/getCaseCount') {
    failures.push(`a wrong agent: ${request.url}`);
  }
  if (url.pathname === '/getCaseCount') {
    ws.send(String(cases.length));
    ws.close(1000);
  } else if (url.pathname === '/runCase') {
    plays.push(play(Number(url.searchParams.get('case')), ws));
  } else {
    report(ws);
  }
});
