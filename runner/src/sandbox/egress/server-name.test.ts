import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHello } from './server-name.ts';

/** What Node's own TLS sends first. */
function clientHello(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connect({ socket: wire, ...options }).on('error', () => wire.destroy());
  });
}

/** The handshake message of a hello in one record, cut into records of `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part);
  }
  return Buffer.concat(records);
}

const named = await clientHello({ servername: 'Packages.Test' });
const unnamed = await clientHello({});

describe('reading the server name of a TLS connection', () => {
  it('finds it, in lower case', () => {
    expect(readHello(named)).toEqual({ kind: 'tls', serverName: 'packages.test' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('finds it in %s alone', async (version) => {
    const hello = await clientHello({ servername: 'a.test', minVersion: version, maxVersion: version });
    expect(readHello(hello)).toEqual({ kind: 'tls', serverName: 'a.test' });
  });

  it('says that there is none', () => {
    expect(readHello(unnamed)).toEqual({ kind: 'tls', serverName: null });
  });

  it('is not hasty: of any beginning it says how much more it needs, and never more than there is', () => {
    for (let length = 0; length < named.length; length += 1) {
      const hello = readHello(named.subarray(0, length));
      expect(hello.kind).toBe('incomplete');
      if (hello.kind === 'incomplete') {
        expect(hello.needed).toBeGreaterThan(length);
        expect(hello.needed).toBeLessThanOrEqual(named.length);
      }
    }
  });

  it('puts a hello together that comes in several records', () => {
    expect(readHello(inRecords(named, Math.ceil(named.length / 4)))).toEqual({
      kind: 'tls',
      serverName: 'packages.test',
    });
  });

  it('does not follow a hello that is cut into crumbs, which would cost more to read than to send', () => {
    expect(readHello(inRecords(named, 1))).toEqual({ kind: 'not_tls' });
  });

  it('ignores what follows the hello', () => {
    expect(readHello(Buffer.concat([named, Buffer.from('more')]))).toMatchObject({
      serverName: 'packages.test',
    });
  });

  it('does not take a hello with two names, of which it cannot know the one that counts', () => {
    const name = (text: string) => Buffer.concat([Buffer.from([0, 0, text.length]), Buffer.from(text)]);
    const list = Buffer.concat([name('good.test'), name('evil.test')]);
    const extension = Buffer.concat([Buffer.from([0, 0, 0, list.length + 2, 0, list.length]), list]);
    const body = Buffer.concat([
      Buffer.from([3, 3]),
      Buffer.alloc(32),
      Buffer.from([0, 0, 2, 0x13, 0x01, 1, 0, 0, extension.length]),
      extension,
    ]);
    const message = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
    expect(readHello(Buffer.concat([Buffer.from([22, 3, 1, 0, message.length]), message]))).toEqual({
      kind: 'not_tls',
    });
  });

  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH\r\n')],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 0, 2])],
    ['another record', Buffer.from([23, 3, 3, 0, 1, 0])],
    ['another handshake message', Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0])],
    ['an empty record', Buffer.from([22, 3, 3, 0, 0])],
    ['a hello of 16 MB', Buffer.from([22, 3, 3, 0, 4, 1, 0xff, 0xff, 0xff])],
  ])('does not take %s for TLS', (_what, bytes) => {
    expect(readHello(bytes)).toEqual({ kind: 'not_tls' });
  });

  it('survives any damage to a hello', () => {
    const damage = fc.array(fc.tuple(fc.nat(named.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = Buffer.from(named);
        for (const [at, value] of changes) bytes[at] = value;
        expect(['tls', 'not_tls', 'incomplete']).toContain(readHello(bytes).kind);
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const hello = readHello(Buffer.concat([Buffer.from([22, 3, 1]), bytes]));
        if (hello.kind === 'incomplete') expect(hello.needed).toBeGreaterThan(bytes.length + 3);
      }),
    );
  });
});
