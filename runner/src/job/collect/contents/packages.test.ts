/** What is read of packages that the tools of builds have made, and of the same packages broken. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactMeta } from '@appflux/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Text } from '../../../masking/sentence.ts';
import { fieldsOf } from './android/wire.ts';
import { factsOfContent } from './index.ts';
import { readDesktopEntry } from './linux/desktop-entry.ts';
import { MalformedFile } from './malformed.ts';

const RECORDED = join(import.meta.dirname, '../../../../recorded/packages');

let folder: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-packages-'));
  lines = [];
});

afterEach(() => rm(folder, { recursive: true }));

const around = { mask: (text: string) => text, log: (text: Text) => void lines.push(String(text)) };
const facts = (path: string) => factsOfContent(path, path, around);

async function factsOfBytes(name: string, bytes: Buffer) {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return facts(path);
}

const MOON = {
  package: 'dev.appflux.fixture.moon',
  label: 'Moon <Phase>',
  version: '2.3.4',
  versionCode: 23,
};
const PERMISSIONS = 'INTERNET, CAMERA, ACCESS_FINE_LOCATION, dev.appflux.fixture.moon.PHASES';
const PACKAGES = [
  ['moon.apk', { ...MOON, minSdk: 21, targetSdk: 34, permissions: PERMISSIONS, signed: false }],
  ['moon.aab', { ...MOON, minSdk: 21, targetSdk: 34, permissions: PERMISSIONS, signed: false }],
  [
    'moon-setup.exe',
    { product: 'Moon Phase', version: '2.3.4', company: 'Lunar Works', signed: false, installer: 'NSIS' },
  ],
  ['moon.msi', { product: 'Moon Täster & Co', version: '2.3.4', company: 'Lunar Works', arch: 'ia32' }],
  ['moon64.msi', { product: 'Moon Täster & Co', version: '2.3.4', company: 'Lunar Works', arch: 'x64' }],
  ...['gzip', 'xz', 'zstd'].map(
    (packer) =>
      [
        `moon-${packer}.AppImage`,
        { product: 'Moon Phase', version: '2.3.4', description: 'Shows the moon', arch: 'x64' },
      ] as const,
  ),
] as const;

it.each(PACKAGES)('%s says what it is', async (name, expected) => {
  expect(await facts(join(RECORDED, name))).toEqual(expected);
  expect(lines).toEqual([]);
});

describe.each(PACKAGES.map(([name]) => name))('%s', (name) => {
  const whole = readFileSync(join(RECORDED, name));
  /** An installer's code is large and is not read: what is changed lies where structures are. */
  const reach = Math.min(whole.length, 6000);
  const changes = fc.array(fc.tuple(fc.nat(reach - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), {
    maxLength: 20,
  });

  it('is read to an end, or refused, whatever is broken in it', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (harm) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of harm) bytes[at] = value;
        expect(ArtifactMeta.safeParse(await factsOfBytes(name, bytes)).success).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is refused, or read as far as it goes, wherever it is cut', async () => {
    for (const length of [0, 1, 63, 64, 100, 512, 700, 1024, 2048, 3000, whole.length - 1]) {
      const result = await factsOfBytes(name, whole.subarray(0, length));
      expect(ArtifactMeta.safeParse(result).success).toBe(true);
    }
  });
});

describe('a Windows Installer database', () => {
  const msi = readFileSync(join(RECORDED, 'moon.msi'));

  it('whose sectors lead to themselves is read to an end', async () => {
    const bytes = Buffer.from(msi);
    const table = (bytes.readUInt32LE(76) + 1) * 512;
    for (let sector = 0; sector < 128; sector += 1) bytes.writeUInt32LE(sector, table + sector * 4);
    await factsOfBytes('circle.msi', bytes);
  });

  it('that claims millions of sectors for its table is refused before memory is taken for it', async () => {
    const bytes = Buffer.from(msi);
    bytes.writeUInt32LE(0xffffffff, 44);
    expect(await factsOfBytes('huge.msi', bytes)).toEqual({});
    expect(lines.join()).toContain('could not be parsed as MSI: a table of 4294967295 sectors');
  });

  it('is not mistaken for any other file', async () => {
    expect(await factsOfBytes('text.msi', Buffer.from('no installer'.repeat(100)))).toEqual({});
    expect(lines.join()).toContain('no compound file');
  });
});

describe('a disk image', () => {
  const volume = (name: string) => {
    const bytes = Buffer.alloc(17 * 2048);
    bytes.write(`\u0001CD001\u0001`, 16 * 2048, 'latin1');
    bytes.write(name.padEnd(32), 16 * 2048 + 40, 'latin1');
    return bytes;
  };

  it('that is an ISO 9660 volume as well says its name', async () => {
    expect(await factsOfBytes('a.dmg', volume('MOON_PHASE'))).toEqual({ product: 'MOON_PHASE' });
  });

  it('whose contents are compressed says nothing, and that is no fault', async () => {
    expect(await factsOfBytes('a.dmg', Buffer.alloc(100_000))).toEqual({});
    expect(await factsOfBytes('b.dmg', volume(''))).toEqual({});
    expect(lines).toEqual([]);
  });
});

describe('a desktop entry', () => {
  it('has the values of its main group, the first of each key, and none of a language', () => {
    const text =
      '# x\r\n[Desktop Entry]\r\nName=A\nName=B\nName[de]=C\nComment = D \n[Desktop Action x]\nExec=E\n';
    expect([...readDesktopEntry(text)]).toEqual([
      ['Name', 'A'],
      ['Comment', 'D'],
    ]);
  });
});

describe('a message of Protocol Buffers', () => {
  it('has an end, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect([...fieldsOf(Buffer.from(bytes))].length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFile);
        }
      }),
    );
  });
});

it('markup and marks of direction in what a package says stay what they are, within a limit', async () => {
  const entry = readFileSync(join(RECORDED, 'moon.apk'));
  const bytes = Buffer.from(entry);
  // The label is stored as UTF-8 in the pool of strings, uncompressed.
  const at = bytes.indexOf('Moon <Phase>');
  expect(at).toBeGreaterThan(0);
  bytes.write('M\u202eoon <P>', at, 'utf8');
  const { label } = await factsOfBytes('moon.apk', bytes);
  expect(label).not.toContain('\u202e');
});
