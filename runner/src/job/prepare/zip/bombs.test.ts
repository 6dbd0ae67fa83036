/** Archives made to wear a machine out, put to the limits that are really in force. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOURCE_LIMITS } from '../limits.ts';
import { failureOf, surroundings, type TestSurroundings } from '../testing/surroundings.ts';
import { buildZip, type ZipMember } from '../testing/zip-builder.ts';
import { extractZip } from './extract.ts';

let around: TestSurroundings;

beforeEach(async () => {
  around = await surroundings();
});

afterEach(() => around.remove());

async function extract(bytes: Buffer) {
  const archive = join(around.folder, 'upload.zip');
  await writeFile(archive, bytes);
  await mkdir(around.workspace.source);
  return extractZip(archive, around.workspace.source, {
    limits: SOURCE_LIMITS,
    size: bytes.length,
    rootDirectory: './',
    signal: around.ctx.signal,
  });
}

const expectNothingThere = async () => expect(await readdir(around.workspace.source)).toEqual([]);

/** A ZIP64 with this many empty files: one local header that all of its directory points at. */
function zipOfMany(count: number): Buffer {
  const name = 8;
  const local = buildZip([{ name: 'f'.repeat(name) }]).subarray(0, 30 + name);
  const record = Buffer.alloc(46 + name);
  record.write('PK\x01\x02', 'latin1');
  record.writeUInt16LE(20, 6);
  record.writeUInt16LE(name, 28);
  const directory = Buffer.alloc(record.length * count, record);
  for (let index = 0; index < count; index += 1) {
    directory.write(String(index).padStart(name, '0'), index * record.length + 46, 'latin1');
  }
  const end64 = Buffer.alloc(56);
  end64.write('PK\x06\x06', 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(local.length), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(local.length + directory.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([local, directory, end64, locator, end]);
}

describe('a ZIP bomb', () => {
  it('of the flat kind, a few MB of zeros packed to nothing, is refused before anything is written', async () => {
    const zeros = Buffer.alloc(60 * 1024 ** 2);
    const failure = await failureOf(extract(buildZip([{ name: 'zeros.bin', content: zeros }])));
    expect(failure.message).toBe('The ZIP unpacks to more than 200 times its own size.');
    await expectNothingThere();
  });

  it('of the flat kind whose entries share their bytes is refused before anything is written', async () => {
    const content = deflateRawSync(Buffer.alloc(1024 ** 2));
    const kernel: ZipMember = { name: 'f0', content, method: 0, crc: crc32(content) };
    const members = Array.from({ length: 30_000 }, (_, i) =>
      i === 0 ? kernel : { ...kernel, name: `f${i}`, sameBytesAs: 0 },
    );
    const failure = await failureOf(extract(buildZip(members)));
    expect(failure.code).toBe('source_invalid');
    await expectNothingThere();
  });

  it('of the nested kind (42.zip) is never unpacked beyond its first layer', async () => {
    const innermost = buildZip([{ name: 'zeros', content: Buffer.alloc(1024 ** 2) }]);
    const layer = (inner: Buffer) =>
      buildZip(Array.from({ length: 16 }, (_, i) => ({ name: `lib ${i}.zip`, content: inner, method: 0 })));
    await extract(layer(layer(innermost)));
    const names = await readdir(around.workspace.source, { recursive: true });
    expect(names.sort()).toEqual(Array.from({ length: 16 }, (_, i) => `lib ${i}.zip`).sort());
  });

  it('of a million entries is refused by what it says of itself', async () => {
    const failure = await failureOf(extract(zipOfMany(1_000_000)));
    expect(failure.message).toBe(`The ZIP contains more than ${SOURCE_LIMITS.entries} entries.`);
    await expectNothingThere();
  });

  it('of entries that are allowed is no bomb: the same directory within the limit is read', async () => {
    await extract(zipOfMany(1_000));
    expect(await readdir(around.workspace.source)).toHaveLength(1_000);
  });
});
