/** Mail through a real SMTP server on loopback. */
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Request } from 'miniflare';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { smtpService } from './smtp.ts';

interface Received {
  from: string | undefined;
  to: string[];
  user: string | undefined;
  isEncrypted: boolean;
  raw: string;
}

const servers: SMTPServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()));
});

/** A server that takes everything, unless `options` say otherwise. */
async function startServer(options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onAuth: ({ username, password }, _session, callback) =>
      password === 'secret' ? callback(null, { user: username }) : callback(new Error('Invalid login')),
    onData: async (stream, { envelope, user, secure }, callback) => {
      received.push({
        from: envelope.mailFrom === false ? undefined : envelope.mailFrom.address,
        to: envelope.rcptTo.map(({ address }) => address),
        user,
        isEncrypted: secure,
        raw: await text(stream),
      });
      callback();
    },
    ...options,
  });
  servers.push(server);
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { port, received };
}

const MESSAGE = {
  id: '65f000000000000000000001.0',
  from: { email: 'appflux@example.com', name: 'AppFlux' },
  to: 'ada@example.com',
  subject: 'Shop #12: production deployment failed',
  text: 'It failed.\n',
  html: '<p>It failed.</p>',
};

const send = async (url: string, message: object = MESSAGE) => {
  const body = JSON.stringify(message);
  const answer = await smtpService(url)(new Request('http://smtp/', { method: 'POST', body }));
  return answer.status === 204 ? null : { status: answer.status, ...(answer.json as object) };
};

test('a message arrives with its text and HTML, from its sender, with an id that stays the same', async () => {
  const { port, received } = await startServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
  expect(await send(`smtp://127.0.0.1:${port}`)).toBeNull();
  const [mail] = received;
  expect(mail).toMatchObject({ from: 'appflux@example.com', to: ['ada@example.com'], isEncrypted: false });
  expect(mail?.raw).toContain('From: AppFlux <appflux@example.com>');
  expect(mail?.raw).toContain('Message-ID: <65f000000000000000000001.0@example.com>');
  expect(mail?.raw).toContain('It failed.');
  expect(mail?.raw).toContain('<p>It failed.</p>');
});

test('no part of a message becomes a header or another recipient', async () => {
  const { port, received } = await startServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
  const subject = 'Failed\r\nBcc: eve@example.com\r\n\r\nbody';
  await send(`smtp://127.0.0.1:${port}`, { ...MESSAGE, subject });
  await send(`smtp://127.0.0.1:${port}`, { ...MESSAGE, to: 'ada@example.com, eve@example.com' });
  for (const { to, raw } of received) {
    expect(to.join()).not.toBe('eve@example.com');
    expect(to).toHaveLength(1);
    expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^bcc:/im);
  }
  expect(received.length).toBeGreaterThanOrEqual(1);
});

test('the user and password of the URL sign in', async () => {
  const { port, received } = await startServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  expect(await send(`smtp://ada%40example.com:secret@127.0.0.1:${port}`)).toBeNull();
  expect(received[0]?.user).toBe('ada@example.com');
});

test('a wrong password may be right later, and is not passed on', async () => {
  const { port } = await startServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  const refused = await send(`smtp://ada:wrong-password@127.0.0.1:${port}`);
  expect(refused).toMatchObject({ status: 502, later: true });
  expect(JSON.stringify(refused)).not.toMatch(/wrong-password|ada/);
});

test('a certificate that this machine doesn’t trust is refused', async () => {
  const { port, received } = await startServer();
  expect(await send(`smtp://127.0.0.1:${port}`)).toMatchObject({ status: 502, later: true });
  expect(received).toEqual([]);
});

test.each([
  [550, false],
  [451, true],
])('an answer of %i may change later: %s', async (responseCode, later) => {
  const { port } = await startServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, callback) =>
      callback(Object.assign(new Error(`No mailbox ${address}`), { responseCode })),
  });
  expect(await send(`smtp://127.0.0.1:${port}`)).toEqual({
    status: 502,
    later,
    message: `The SMTP server answered ${responseCode} No mailbox ***`,
  });
});

test('a server that isn’t there may be there later', async () => {
  expect(await send('smtp://127.0.0.1:1')).toMatchObject({
    later: true,
    message: expect.stringContaining('could not be reached'),
  });
});
