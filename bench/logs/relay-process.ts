/** The bare relay, in a process of its own as the control plane is. It ends when its parent disconnects. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const viewers = new Set<import('ws').WebSocket>();

server.on('connection', (socket, request) => {
  if (request.url !== '/source') {
    viewers.add(socket);
    socket.once('close', () => viewers.delete(socket));
    return;
  }
  socket.on('message', (data) => {
    for (const viewer of viewers) viewer.send(data, { binary: false });
  });
});
server.once('listening', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
