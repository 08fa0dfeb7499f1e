// A hub of events made of parts that no one here wrote: frames by "ws", records by Microsoft's own "@microsoft/signalr".
// Prints its port. What stands in a line of standard input is told to all listeners: NAME ACTION ID; "close" closes them.
import { createRequire } from 'node:module';
import http from 'node:http';
import readline from 'node:readline';

const require = createRequire(`${process.argv[2]}/node_modules/`);
const { WebSocketServer } = require('ws');
const { JsonHubProtocol, MessageType, NullLogger } = require('@microsoft/signalr');
const { HandshakeProtocol } = require('@microsoft/signalr/dist/cjs/HandshakeProtocol.js');
const protocol = new JsonHubProtocol();
const sockets = new Set();
let revision = 1;

const answer = (response, value) => {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, no-store' });
  response.end(body);
};

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://hub');
  if (url.pathname === '/signalr/messages/negotiate' && request.method === 'POST') {
    answer(response, { connectionId: 'c', connectionToken: 't/+ ', negotiateVersion: 1,
      availableTransports: [{ transport: 'WebSockets', transferFormats: ['Text', 'Binary'] }] });
  } else {
    process.stderr.write(`read ${url.pathname}\n`);
    answer(response, { revision });
  }
});

const told = (name, action, resource) => protocol.writeMessage({ type: MessageType.Invocation, target: 'receiveMessage',
  arguments: [{ name, body: { action, resource }, version: 3 }] });

new WebSocketServer({ server }).on('connection', (socket, request) => {
  if (new URL(request.url, 'http://hub').searchParams.get('id') !== 't/+ ') return socket.close();
  let greeted = false;
  socket.on('message', (data) => {
    const text = data.toString();
    if (!greeted) {
      const [rest, handshake] = new HandshakeProtocol().parseHandshakeResponse(text);
      if (handshake.protocol !== 'json' || handshake.version !== 1 || rest) throw new Error(`a handshake of ${text}`);
      greeted = true;
      socket.send('{}\x1e');
      socket.ping('are you there?');
      sockets.add(socket);
      return;
    }
    for (const message of protocol.parseMessages(text, NullLogger.instance)) {
      if (message.type !== MessageType.Ping) throw new Error(`a message of type ${message.type}`);
    }
  });
  socket.on('pong', (data) => {
    if (data.toString() !== 'are you there?') throw new Error('a wrong pong');
    process.stdout.write('pong\n');
    socket.send(protocol.writeMessage({ type: MessageType.Ping }));
  });
  socket.on('close', () => sockets.delete(socket));
});

server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, action, id] = line.split(' ');
  if (name === 'change') revision += 1;
  for (const socket of sockets) {
    if (name === 'close') socket.send(protocol.writeMessage({ type: MessageType.Close, error: 'going', allowReconnect: true }));
    else if (name !== 'change') socket.send(told(name, action, { id: Number(id), title: 'x'.repeat(70000) }), { fin: true });
  }
});
