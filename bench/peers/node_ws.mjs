// ws for Node.js as its documentation has it: an event for each message, send() for each. With
// bufferutil, the native module that it recommends for masking. Messages shorter than its threshold
// of 1 KiB are compressed too. Whoever sends waits every 64 KiB until what was sent has been
// written, and lets the other events have their turn.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { default: WebSocket } = await import('ws').catch(() =>
  unsupported('ws is not installed: scripts/install-peers does that'),
);
const manifest = new URL('node_modules/ws/package.json', import.meta.url);
const version =
  `ws ${JSON.parse(readFileSync(manifest)).version} on Node.js ${process.versions.node}`;

function unsupported(why) {
  console.error(why);
  process.exit(3);
}

function parse() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      port: text,
      tls: text,
      deflate: { type: 'boolean' },
      scenario: text,
      size: { ...text, default: '125' },
      'warm-up': { ...text, default: '0.1' },
      seconds: { ...text, default: '0.5' },
      'in-flight': { ...text, default: '1' },
      connections: { ...text, default: '1' },
    },
  });
  return {
    ...values,
    size: Number(values.size),
    warmUp: Number(values['warm-up']),
    seconds: Number(values.seconds),
    inFlight: Number(values['in-flight']),
    connections: Number(values.connections),
  };
}

const plan = parse();

const paths = {
  receive: `/blast/binary/${plan.size}`,
  receive_text: `/blast/text/${plan.size}`,
  receive_mixed: `/blast/mixed/${plan.size}`,
  send: '/sink',
  echo: `/echo/${plan.size}`,
  idle: '/idle',
  connect: '/idle',
};

// What is sent, in turn: one message, or where it is compressed JSON of a feed, each message a
// little different from the last.
function payloads() {
  if (!plan.deflate) return [Buffer.alloc(plan.size, 'abcdefghijklmnopqrstuvwxyz')];
  const below = (limit) => Math.floor(Math.random() * limit);
  const trade = () =>
    JSON.stringify({
      e: 'trade',
      E: 1_700_000_000_000 + below(1_000_000),
      s: `${['BTC', 'ETH', 'SOL'][below(3)]}USDT`,
      t: below(100_000_000),
      p: `${20_000 + below(1_000)}.${String(below(100)).padStart(2, '0')}`,
      q: `0.${String(below(100_000)).padStart(5, '0')}`,
      m: below(2) === 0,
    }) + ',';
  const count = Math.min(Math.max(Math.floor((4 * 1024 * 1024) / plan.size), 4), 256);
  return Array.from({ length: count }, () => {
    let message = '';
    while (message.length < plan.size) message += trade();
    return Buffer.from(message.slice(0, plan.size));
  });
}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

const secure = plan.tls === undefined ? {} : { ca: readFileSync(plan.tls) };
const url = `${plan.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${plan.port}`;
let session; // of TLS, to be resumed

function open() {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(url + paths[plan.scenario], {
      ...secure,
      session,
      perMessageDeflate: plan.deflate ? { threshold: 0 } : false,
    });
    ws.once('upgrade', ({ socket }) => {
      session = socket.getSession?.() ?? session;
    });
    ws.once('open', () => resolve(ws));
    ws.once('error', reject);
  });
}

async function openAll() {
  const all = [];
  while (all.length < plan.connections) all.push(await open());
  return all;
}

// What has been counted, and when.
function now(count) {
  const { user, system } = process.cpuUsage();
  return { count, time: performance.now(), cpu: (user + system) * 1000 };
}

function percentiles(times) {
  if (times.length === 0) return {};
  times.sort((a, b) => a - b);
  const at = (share) => Math.round(1e6 * times[Math.floor(share * (times.length - 1))]);
  return {
    p50_ns: at(0.5),
    p90_ns: at(0.9),
    p99_ns: at(0.99),
    p999_ns: at(0.999),
    max_ns: at(1),
  };
}

function finish(figures) {
  process.stdout.write(`${JSON.stringify({ ...figures, version })}\n`, () => process.exit(0));
}

function report(begin, end, times = []) {
  const count = end.count - begin.count;
  finish({
    rate: (1000 * count) / (end.time - begin.time),
    ...(count > 0 && { cpu_ns: (end.cpu - begin.cpu) / count }),
    ...percentiles(times),
  });
}

let count = 0;
const times = [];

function receive(ws) {
  ws.on('message', () => {
    count += 1;
  });
}

function send(ws) {
  const turn = Math.max(1, Math.floor((64 * 1024) / plan.size));
  const all = payloads();
  const next = () => all[count++ % all.length];
  const sendMore = () => {
    for (let i = 1; i < turn; i += 1) ws.send(next());
    ws.send(next(), () => setImmediate(sendMore));
  };
  sendMore();
}

function echo(ws) {
  const all = payloads();
  const sent = [];
  let asked = 0;
  let answered = 0;
  const ask = () => {
    sent[asked % plan.inFlight] = performance.now();
    ws.send(all[asked % all.length]);
    asked += 1;
  };
  ws.on('message', () => {
    times.push(performance.now() - sent[answered % plan.inFlight]);
    answered += 1;
    count += 1;
    ask();
  });
  for (let i = 0; i < plan.inFlight; i += 1) ask();
}

async function moveMessages() {
  const work = { send, echo }[plan.scenario] ?? receive;
  const all = await openAll();
  all.forEach(work);
  const buffered = () => all.reduce((sum, ws) => sum + ws.bufferedAmount, 0);
  const handedOver = () => count - Math.floor(buffered() / plan.size);
  await sleep(plan.warmUp);
  times.length = 0;
  const begin = now(handedOver());
  await sleep(plan.seconds);
  report(begin, now(handedOver()), times);
}

function resident() {
  globalThis.gc();
  return process.memoryUsage.rss();
}

async function idle() {
  const before = resident();
  const all = await openAll();
  await sleep(0.2);
  finish({ bytes_per_connection: Math.round((resident() - before) / all.length) });
}

async function connect() {
  let left = plan.connections;
  const connectAgain = async () => {
    while (left > 0) {
      left -= 1;
      (await open()).terminate();
    }
  };
  const begin = now(0);
  await Promise.all(Array.from({ length: plan.inFlight }, connectAgain));
  report(begin, now(plan.connections));
}

if (paths[plan.scenario] === undefined) unsupported(`no scenario ${plan.scenario}`);
await ({ idle, connect }[plan.scenario] ?? moveMessages)();
