// An echo server on the npm package `ws`. Usage: node ws_server.js PORT. For its commands see
// README.md.
'use strict';

const { WebSocketServer } = require('ws');

// A text frame of 1000 bytes of which only the first 500 come. RFC 6455 5.2.
const halfMessage = Buffer.concat([Buffer.from([0x81, 126, 0x03, 0xe8]), Buffer.alloc(500, 'x')]);

// Three messages and a Close in one segment. The library knows nothing of its Close, and answers the
// client's.
const lastWords = Buffer.from('\x81\x01a\x81\x01b\x81\x01c\x88\x02\x03\xe8', 'latin1');

const connections = []; // by number

const commands = {
  number: (ws) => ws.send(String(ws.number)),
  closed: async (ws, number) => ws.send(await connections[Number(number)].closed),
  count: (ws, number) => ws.send(String(connections[Number(number)].messages)),
  fragment: (ws, count, kind) => {
    const binary = kind === 'binary';
    for (let i = 0; i < Number(count); i++) {
      ws.send(`${i};`, { binary, fin: i === Number(count) - 1 });
    }
  },
  ping: (ws, payload) => {
    ws.once('pong', (answer) => ws.send(`pong ${answer}`));
    ws.ping(payload);
  },
  close: (ws, code, reason) => ws.close(code && Number(code), reason),
  farewell: (ws) => ws._socket.write(lastWords),
  drop: (ws) => ws._socket.write(halfMessage, () => ws._socket.destroy()),
  reset: (ws) => ws._socket.write(halfMessage, () => ws._socket.resetAndDestroy()),
  half: (ws) => ws._socket.write(halfMessage),
};

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: { threshold: 0 }, // for clients that offer it
  handleProtocols: (offered) => ['v2.echo', 'v1.echo'].find((name) => offered.has(name)) ?? false,
  verifyClient: ({ req }, done) =>
    done(req.url !== '/missing', 404, 'nothing is here\n', { 'X-Reason': 'missing' }),
});

server.on('connection', (ws) => {
  ws.number = connections.length;
  ws.messages = 0;
  ws.closed = new Promise((resolve) => {
    ws.on('close', (code, reason) => resolve(`${code} ${reason}`));
  });
  connections.push(ws);
  ws.on('error', (error) => console.log(`connection ${ws.number}: ${error.message}`));
  ws.on('message', (data, isBinary) => {
    ws.messages++;
    const [, name, rest] = (!isBinary && data.toString().match(/^!(\w+) ?(.*)$/s)) || [];
    if (name) commands[name](ws, ...(rest ? rest.split(' ') : []));
    else ws.send(data, { binary: isBinary });
  });
});
