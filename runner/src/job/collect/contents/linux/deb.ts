/** What a Debian package says about itself: deb(5), deb-control(5). */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { ContentFacts } from '../index.ts';
import { MalformedFile } from '../malformed.ts';
import { type Packing, unpack } from '../unpack.ts';

/** The control archive holds a few small files, packed and unpacked. */
const LARGEST_CONTROL = 4 * 1024 * 1024;
const AR_MAGIC = '!<arch>\n';
const AR_HEADER = 60;

/** Name, version and processor of a package, and the first line of its description. */
export async function debFacts(path: string): Promise<ContentFacts> {
  const { name, bytes } = await controlMember(path);
  const control = await controlFile(await unpack(packingOf(name), bytes, LARGEST_CONTROL));
  const field = (key: string) => new RegExp(`^${key}:[ \\t]*(.*)$`, 'im').exec(control)?.[1]?.trim() || null;
  const architecture = field('Architecture');
  return {
    package: field('Package'),
    version: field('Version'),
    arch: ARCHES.get(architecture ?? '') ?? architecture,
    description: field('Description'),
  };
}

/** Debian's names of processors, as artifacts' names have them. */
const ARCHES = new Map([
  ['amd64', 'x64'],
  ['i386', 'ia32'],
  ['armhf', 'armv7l'],
]);

/** The member control.tar, whatever it is packed with: it comes second, after debian-binary. */
async function controlMember(path: string): Promise<{ name: string; bytes: Buffer }> {
  await using file = await open(path);
  const read = async (position: number, length: number) => {
    const into = Buffer.alloc(length);
    const { bytesRead } = await file.read(into, 0, length, position);
    if (bytesRead !== length) throw new MalformedFile('the archive ends too early');
    return into;
  };
  if ((await read(0, AR_MAGIC.length)).toString('latin1') !== AR_MAGIC)
    throw new MalformedFile('not an ar archive');
  let at = AR_MAGIC.length;
  for (let member = 0; member < 3; member += 1) {
    const header = (await read(at, AR_HEADER)).toString('latin1');
    const name = header.slice(0, 16).replace(/[\s/]+$/, '');
    const size = Number(header.slice(48, 58).trim());
    if (!Number.isSafeInteger(size) || size < 0) throw new MalformedFile('a member without a size');
    if (name.startsWith('control.tar')) {
      if (size > LARGEST_CONTROL) throw new MalformedFile('a control archive that is too large');
      return { name, bytes: await read(at + AR_HEADER, size) };
    }
    // Members begin at even positions.
    at += AR_HEADER + size + (size % 2);
  }
  throw new MalformedFile('no control archive');
}

/** What control.tar may be packed with, by what its name ends in. */
const PACKINGS = new Map<string, Packing>([
  ['', 'none'],
  ['.gz', 'gzip'],
  ['.xz', 'xz'],
  ['.zst', 'zstd'],
]);

function packingOf(name: string): Packing {
  const packing = PACKINGS.get(name.slice('control.tar'.length));
  if (packing === undefined) throw new MalformedFile(`a control archive of an unknown kind: ${name}`);
  return packing;
}

async function controlFile(tar: Buffer): Promise<string> {
  const entries = Readable.from([tar]).pipe(extract());
  for await (const entry of entries) {
    if (entry.header.name === './control' || entry.header.name === 'control') return text(entry);
    entry.resume();
  }
  throw new MalformedFile('no control file');
}
