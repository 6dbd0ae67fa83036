import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ArtifactMeta } from '@appflux/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPromise } from 'yauzl';
import type { Text } from '../../../masking/sentence.ts';
import { readManifest } from './android/manifest.ts';
import { resolveText } from './android/resource-table.ts';
import { factsOfContent } from './index.ts';
import { MalformedFile } from './malformed.ts';

const RECORDED = join(import.meta.dirname, '../../../../recorded/apk');

let folder: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-contents-'));
  lines = [];
});

afterEach(() => rm(folder, { recursive: true }));

const around = { mask: (text: string) => text, log: (text: Text) => void lines.push(String(text)) };
const facts = (path: string, mask = around.mask) => factsOfContent(path, path, { ...around, mask });

async function factsOfBytes(name: string, bytes: Buffer) {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return facts(path);
}

/** Bytes to change in a file of some length: where, and to what. */
const harm = (length: number) => fc.array(fc.tuple(fc.nat(length - 1), fc.nat(255)), { maxLength: 40 });

function broken(bytes: Buffer, changes: readonly (readonly [number, number])[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, value] of changes) copy[at] = value;
  return copy;
}

describe('an APK', () => {
  const expected = {
    label: 'Tap Counter',
    package: 'dev.appflux.fixture.counter',
    version: '2.4.1',
    versionCode: 7,
    minSdk: 21,
    targetSdk: 23,
  };

  it('says what it is called on the phone, which version it is, and that nobody signed it', async () => {
    expect(await facts(join(RECORDED, 'unsigned.apk'))).toEqual({ ...expected, signed: false });
    expect(lines).toEqual([]);
  });

  it('says by which schemes it is signed', async () => {
    expect(await facts(join(RECORDED, 'signed.apk'))).toEqual({
      ...expected,
      signed: true,
      signatures: 'v1, v2, v3',
    });
  });

  it('does not say a secret of its build', async () => {
    const { label } = await facts(join(RECORDED, 'signed.apk'), (text) => text.replace('Counter', '***'));
    expect(label).toBe('Tap ***');
  });

  it('that is none has no facts, and the log says so', async () => {
    expect(await factsOfBytes('app.apk', Buffer.from('not a ZIP at all'))).toEqual({});
    expect(lines.join()).toMatch(/app\.apk could not be parsed as APK: /);
  });
});

describe('a Debian package', () => {
  async function packedBy(packer: string): Promise<string> {
    const root = join(folder, 'root');
    await mkdir(join(root, 'DEBIAN'), { recursive: true });
    await writeFile(
      join(root, 'DEBIAN/control'),
      'Package: moon\nVersion: 1:2.0-3\nArchitecture: amd64\nMaintainer: X <x@example.com>\nDescription: Says it\n More words.\n',
    );
    const path = join(folder, 'moon.deb');
    const options = ['--build', '--uniform-compression', `-Z${packer}`, root, path];
    execFileSync('dpkg-deb', options, { stdio: 'pipe' });
    return path;
  }
  const PACKERS = ['gzip', 'xz', 'zstd', 'none'];

  it.each(PACKERS)('says its name, version and processor, packed by %s', async (packer) => {
    expect(await facts(await packedBy(packer))).toEqual({
      package: 'moon',
      version: '1:2.0-3',
      arch: 'x64',
      description: 'Says it',
    });
    expect(lines).toEqual([]);
  });

  it.each(PACKERS)(
    'is read to an end, or refused, whatever is broken in it, packed by %s',
    async (packer) => {
      const deb = await readFile(await packedBy(packer));
      await fc.assert(
        fc.asyncProperty(harm(deb.length), async (changes) => {
          const result = await factsOfBytes('x.deb', broken(deb, changes));
          expect(ArtifactMeta.safeParse(result).success).toBe(true);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('whose control archive would fill the memory is not unpacked', async () => {
    const bomb = join(folder, 'control.tar');
    await writeFile(bomb, Buffer.alloc(64 * 1024 * 1024));
    execFileSync('gzip', [bomb]);
    const packed = await readFile(`${bomb}.gz`);
    const header = (name: string, size: number) =>
      `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(size).padEnd(10)}\`\n`;
    const deb = Buffer.concat([
      Buffer.from(`!<arch>\n${header('debian-binary', 4)}2.0\n${header('control.tar.gz', packed.length)}`),
      packed,
    ]);
    expect(await factsOfBytes('bomb.deb', deb)).toEqual({});
    expect(lines.join()).toMatch(/larger than/);
  });
});

describe('a Windows program', () => {
  /** The headers of a 64-bit program, and what comes behind them. */
  function program(options: { certificates?: number; behind?: Buffer } = {}): Buffer {
    const head = Buffer.alloc(1024);
    head.write('MZ', 0);
    head.writeUInt32LE(0x80, 0x3c);
    head.write('PE\0\0', 0x80);
    head.writeUInt16LE(0x8664, 0x84);
    head.writeUInt16LE(0x020b, 0x98);
    head.writeUInt32LE(16, 0x98 + 108);
    head.writeUInt32LE(options.certificates ?? 0, 0x98 + 112 + 4 * 8 + 4);
    return Buffer.concat([head, options.behind ?? Buffer.alloc(0)]);
  }

  it('says its processor and whether it is signed', async () => {
    expect(await factsOfBytes('a.exe', program())).toEqual({ arch: 'x64', signed: false });
    expect(await factsOfBytes('a.exe', program({ certificates: 8000 }))).toEqual({
      arch: 'x64',
      signed: true,
    });
  });

  it('says that it is an installer', async () => {
    const behind = Buffer.concat([
      Buffer.alloc(512),
      Buffer.from('\0\0\0\0\xef\xbe\xad\xdeNullsoftInst', 'latin1'),
      Buffer.alloc(64),
    ]);
    expect(await factsOfBytes('setup.exe', program({ behind }))).toEqual({
      installer: 'NSIS',
      signed: false,
    });
  });

  it('that is none has no facts', async () => {
    expect(await factsOfBytes('a.exe', Buffer.from('#!/bin/sh\n'))).toEqual({});
    expect(await factsOfBytes('a.exe', Buffer.alloc(0))).toEqual({});
  });
});

it('what is of another kind has no facts', async () => {
  expect(await factsOfBytes('a.dmg', Buffer.from('x'))).toEqual({});
  expect(lines).toEqual([]);
});

describe('whatever is broken in an APK', () => {
  const apk = readFileSync(join(RECORDED, 'signed.apk'));

  it('its facts are some that a record takes', async () => {
    await fc.assert(
      fc.asyncProperty(harm(apk.length), fc.nat(apk.length), async (changes, cut) => {
        const bytes = broken(apk, changes).subarray(0, cut % 4 === 0 ? cut : apk.length);
        expect(ArtifactMeta.safeParse(await factsOfBytes('x.apk', bytes)).success).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('its manifest and its resources are read to an end, or refused', async () => {
    const unpack = async (name: string) => {
      const zip = await openPromise(join(RECORDED, 'unsigned.apk'));
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName === name) return buffer(await zip.openReadStreamPromise(entry));
      }
      throw new Error(`no ${name}`);
    };
    const ends = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        if (!(error instanceof MalformedFile || error instanceof RangeError)) throw error;
      }
    };
    const manifest = await unpack('AndroidManifest.xml');
    const table = await unpack('resources.arsc');
    fc.assert(
      fc.property(harm(manifest.length), harm(table.length), fc.nat(0xffffff), (ofManifest, ofTable, id) => {
        ends(() => readManifest(broken(manifest, ofManifest)));
        ends(() => resolveText(broken(table, ofTable), { type: 1, data: 0x7f000000 + id }));
      }),
      { numRuns: 2_000 },
    );
  });
});
