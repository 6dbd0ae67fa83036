/** An SMTP server for tests that accepts every message and delivers none (the subset of RFC 5321 that clients need). */

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface ReceivedMail {
  to: string;
  /** Headers and body as received. */
  text: string;
}

/** Accepts messages on a free loopback port until it is stopped. */
export async function startMailSink(): Promise<{
  port: number;
  mails: ReceivedMail[];
  stop(): Promise<void>;
}> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that disconnects early has sent no message and reports that itself.
    socket.on('error', () => socket.destroy());
    converse(socket, (mail) => mails.push(mail));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function converse(socket: Socket, take: (mail: ReceivedMail) => void): void {
  let waiting = '';
  let to: string[] = [];
  let inText = false;
  socket.write('220 sink\r\n');
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    waiting += chunk;
    for (;;) {
      const end = waiting.indexOf(inText ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const part = waiting.slice(0, end);
      waiting = waiting.slice(end + (inText ? 5 : 2));
      if (inText) {
        for (const address of to) take({ to: address, text: part });
        to = [];
        inText = false;
        socket.write('250 taken\r\n');
      } else socket.write(answerTo(part));
    }
  });

  function answerTo(line: string): string {
    const recipient = /^RCPT TO:\s*<([^>]*)>/i.exec(line)?.[1];
    if (recipient !== undefined) to.push(recipient.toLowerCase());
    if (/^DATA/i.test(line)) {
      inText = true;
      return '354 go on\r\n';
    }
    return /^QUIT/i.test(line) ? '221 bye\r\n' : '250 sink\r\n';
  }
}
