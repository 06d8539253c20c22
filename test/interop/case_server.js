// A conformance server in small, for the example `autobahn_agent`: plays cases to whoever asks for
// them, as that of the Autobahn test suite does. Prints its port. When reports are asked for, prints
// which cases failed, and exits with 0 if none did and all were played.
// Usage: node case_server.js [KEY CERTIFICATE]      files in PEM, to serve wss
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
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

// The opening handshake is answered with this, and ends there.
const answers = (response) => ({ response });

const text = (size) => 'a\u00DF\u20AC\u{1F600}'.repeat(size).slice(0, size);
const bytes = (size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * i) >> 3));

// A frame as it is on the wire; `first` is its first byte.
function frame(first, payload, declared = payload.length) {
  const head = declared < 126 ? [first, declared]
    : declared < 65536 ? [first, 126, declared >> 8, declared & 255]
      : [first, 127, 0, 0, 0, 0, declared >>> 24, declared >> 16 & 255, declared >> 8 & 255,
        declared & 255];
  return Buffer.concat([Buffer.from(head), payload]);
}

// Each byte a frame.
const bytewise = (payload) => Buffer.concat(Array.from(payload, (byte, i) => frame(
  (i === 0 ? 1 : 0) | (i === payload.length - 1 ? 0x80 : 0), Buffer.from([byte]))));

// So many bytes a write.
function chopped(ws, data, size) {
  ws._socket.setNoDelay(true);
  for (let at = 0; at < data.length; at += size) ws._socket.write(data.subarray(at, at + size));
}

async function pings(ws, payloads, send) {
  for (const payload of payloads) {
    const pong = next(ws, 'pong');
    send(payload);
    assert.ok((await pong)[0].equals(payload));
  }
}

// From tables 3-6 and 3-7 of the Unicode standard.
const wellFormed = ['01', '7f', 'c280', 'dfbf', 'e0a080', 'e0bfbf', 'e18080', 'ecbfbf', 'ed8080',
  'ed9fbf', 'ee8080', 'efbfbf', 'f0908080', 'f0bfbfbf', 'f1808080', 'f3bfbfbf', 'f4808080',
  'f48fbfbf', 'cebae1bdb9cf83cebcceb5'].map((hex) => Buffer.from(hex, 'hex'));
const illFormed = ['80', 'bf', 'c080', 'c1bf', 'c27f', 'c2c0', 'dfbf80', 'e08080', 'e09fbf',
  'e1807f', 'ec80c0', 'eda080', 'edbfbf', 'ef7fbf', 'f0808080', 'f08fbfbf', 'f180807f', 'f380c080',
  'f4908080', 'f5808080', 'f888808080', 'fc8480808080', 'fe', 'ff', 'e28228', 'f09f9028', 'c2',
  'e282', 'f09f90'].map((hex) => Buffer.from(hex, 'hex'));

const codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const badCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535];
const code = (number) => Buffer.from([number >> 8, number & 255]);

const cases = [
  // Opening handshakes that fail.
  answers('HTTP/1.1 503\r\nContent-Length: 4\r\n\r\nbusy'),
  answers('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  answers(''),

  // Framing: each form of the length, whole and chopped.
  ...[0, 16, 125, 126, 127, 128, 65535, 65536].flatMap((size) => [
    (ws) => echoes(ws, text(size), false),
    (ws) => echoes(ws, bytes(size), true),
    (ws) => echoes(ws, 'c'.repeat(size), false,
      () => chopped(ws, frame(0x81, Buffer.alloc(size, 'c')), size > 128 ? 997 : 1)),
  ]),

  // Pings and pongs.
  (ws) => pings(ws, [0, 1, 125].map(bytes), (payload) => ws.ping(payload)),
  (ws) => pings(ws, [bytes(125)], (payload) => chopped(ws, frame(0x89, payload), 1)),
  async (ws) => {
    ws.pong('unasked');
    await echoes(ws, 'still here', false);
  },
  async (ws) => {
    const seen = [];
    ws.on('pong', (payload) => seen.push(String(payload)));
    await echoes(ws, 'behind them', false, () => {
      for (let i = 0; i < 10; i++) ws.ping(`ping ${i}`);
      ws.send('behind them');
    });
    assert.strictEqual(seen.at(-1), 'ping 9'); // RFC 6455 5.5.3: the last may answer for all
  },
  refuses(frame(0x89, bytes(126)), 1002),

  // Reserved bits, reserved opcodes, control frames in fragments.
  ...[0x91, 0xa1, 0xb1, 0x82 | 0x30, 0x99, 0xa8].map((first) => refuses([first, 0], 1002)),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => refuses([0x80 | opcode, 0], 1002)),
  ...[8, 9, 10].map((opcode) => refuses([opcode, 0], 1002)),

  // Fragments.
  refuses([0x80, 0], 1002), // of nothing
  refuses([0x00, 1, 0x61], 1002),
  refuses([0x01, 1, 0x61, 0x81, 1, 0x62], 1002), // a message within another
  async (ws) => {
    const pong = next(ws, 'pong');
    await echoes(ws, 'one two', false, () => {
      ws.send('one ', { fin: false });
      ws.ping('between');
      ws.send('two', { fin: true });
    });
    assert.strictEqual(String((await pong)[0]), 'between');
  },
  (ws) => {
    const data = Buffer.alloc(20_000, 'f');
    return echoes(ws, data, true, () => inFragments(ws, data, 1));
  },

  // Text, well-formed or not, whole, in fragments of a byte, and in writes of a byte.
  async (ws) => {
    for (const sequence of wellFormed) {
      for (const send of [
        () => ws.send(sequence, { binary: false }),
        () => ws._socket.write(bytewise(sequence)),
        () => chopped(ws, frame(0x81, sequence), 1),
      ]) {
        await echoes(ws, sequence, false, send);
      }
    }
  },
  ...illFormed.flatMap((sequence) => [
    refuses(frame(0x81, sequence), 1007),
    refuses(bytewise(Buffer.concat([Buffer.from('good '), sequence, Buffer.from(' ')])), 1007),
  ]),
  // Refused at the byte: what else was announced never comes.
  ...illFormed.slice(0, -3).map((sequence) => refuses(frame(0x81, sequence, 1000), 1007)),
  ...illFormed.map((sequence) => refuses(frame(0x88, Buffer.concat([code(1000), sequence])), 1007)),

  // Closing: codes, and what is no Close frame.
  ...codes.map((number) => async (ws) => {
    const closed = next(ws, 'close');
    ws.close(number === 1010 ? 1000 : number, 'reason'); // ws sends no 1010
    assert.strictEqual((await closed)[0], number === 1010 ? 1000 : number);
  }),
  ...codes.map((number) => refuses(frame(0x88, code(number)), number)),
  ...badCodes.map((number) => refuses(frame(0x88, code(number)), 1002)),
  refuses([0x88, 1, 3], 1002),
  refuses(frame(0x88, Buffer.concat([code(1000), bytes(124)])), 1002),
  refuses(Buffer.concat([frame(0x88, code(1000)), frame(0x81, Buffer.from('late'))]), 1000),
  async (ws) => {
    const socket = ws._socket._parent ?? ws._socket; // that of TCP
    const closed = next(socket, 'close');
    ws._receiver.prependOnceListener('conclude', () => socket.resetAndDestroy());
    ws.close(1000);
    await closed;
  },

  // Large messages: whole, in fragments, in small writes.
  ...[64, 256, 1024, 4096, 8192, 16384].map((kib) => (ws) => echoes(ws, bytes(kib * 1024), true)),
  ...[64, 256, 1024, 4096, 16384, 65536, 256 * 1024, MiB, 4 * MiB].map((size) => (ws) => {
    const data = bytes(size === 64 ? 4 * MiB : 16 * MiB);
    return echoes(ws, data, true, () => inFragments(ws, data, size));
  }),
  ...[64, 256, 1024, 2048].map((size) => (ws) => {
    const data = Buffer.from(text(MiB / 4));
    return echoes(ws, data, false, () => chopped(ws, frame(0x81, data), size));
  }),
  (ws) => { // in fragments as some servers make them
    const data = bytes(65536);
    return echoes(ws, data, true, () => inFragments(ws, data, 1300));
  },

  // Many messages, one after the other: with compression, in each window and with takeover or not,
  // which the server chooses by the case's number.
  ...[0, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072].map((size) => async (ws) => {
    for (let i = 0; i < (size < 8192 ? 1000 : 50); i++) await echoes(ws, text(size), false);
    await echoes(ws, bytes(size), true);
  }),
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

// What the server asks for of compression, if the client offers it.
const agreements = [15, 14, 13, 12, 11, 10, 9].flatMap((bits) => [false, true].map((alone) => ({
  threshold: 0,
  serverMaxWindowBits: bits,
  clientMaxWindowBits: bits,
  serverNoContextTakeover: alone,
  clientNoContextTakeover: alone,
})));
const endpoints = agreements.map((perMessageDeflate) => new WebSocketServer(
  { noServer: true, perMessageDeflate, maxPayload: 64 * MiB }));

// Longer than a handshake may take, unless the client was told otherwise. The suite answers when it
// has written its reports, which takes longer still.
const reportTime = 6_000;

function upgrade(request, socket, head, url) {
  const number = Number(url.searchParams.get('case'));
  const response = cases[number - 1]?.response;
  if (response !== undefined) {
    plays.push(Promise.resolve());
    socket.end(response);
  } else {
    const endpoint = endpoints[number % endpoints.length];
    endpoint.handleUpgrade(request, socket, head, (ws) => serve(ws, request, url));
  }
}

const [key, cert] = process.argv.slice(2).map((file) => fs.readFileSync(file));
const server = key ? https.createServer({ key, cert }) : http.createServer();
server.on('upgrade', (request, socket, head) => {
  const url = new URL(request.url, 'ws://localhost');
  const wait = url.pathname === '/updateReports' ? reportTime : 0;
  setTimeout(upgrade, wait, request, socket, head, url);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

function serve(ws, request, url) {
  ws.on('error', () => {}); // the cases see the code that the connection ends with
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
}
