/** What an AppImage says about itself: an ELF program with a SquashFS behind it (github.com/AppImage/AppImageSpec, type 2). */
import { open } from 'node:fs/promises';
import type { ContentFacts } from '../index.ts';
import { MalformedFile } from '../malformed.ts';
import { readAt } from '../read-at.ts';
import { readDesktopEntry } from './desktop-entry.ts';
import { Squashfs } from './squashfs.ts';

const ELF = '\u007fELF';
/** In the place where ELF has padding. */
const TYPE_2 = 'AI\u0002';
const IS_64_BIT = 2;
const MACHINES = new Map([
  [0x03, 'ia32'],
  [0x28, 'armv7l'],
  [0x3e, 'x64'],
  [0xb7, 'arm64'],
]);
/** There should be one. */
const MOST_DESKTOP_ENTRIES = 5;
const LARGEST_ENTRY = 64 * 1024;

/** Product, version and processor, as the desktop entry at the top of the image says. */
export async function appImageFacts(path: string): Promise<ContentFacts> {
  await using file = await open(path);
  const head = await readAt(file, 0, 64);
  if (head.toString('latin1', 0, 4) !== ELF) throw new MalformedFile('no ELF program');
  if (head.toString('latin1', 8, 11) !== TYPE_2) throw new MalformedFile('no AppImage of type 2');
  const arch = MACHINES.get(head.readUInt16LE(18)) ?? null;
  const image = await Squashfs.open(file, endOfProgram(head));
  const values = readDesktopEntry((await firstEntry(image)) ?? '');
  return {
    product: values.get('Name') ?? null,
    version: values.get('X-AppImage-Version') ?? null,
    description: values.get('Comment') ?? null,
    arch,
  };
}

/** The desktop entry at the top, which may be a link; one that leads nowhere is passed over. */
async function firstEntry(image: Squashfs): Promise<string | null> {
  const names = (await image.list(image.root))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.desktop'));
  for (const name of names.slice(0, MOST_DESKTOP_ENTRIES)) {
    const text = await image.text(name, LARGEST_ENTRY);
    if (text !== null) return text;
  }
  return null;
}

/** A program ends with the table of its sections: where that begins, and as many entries of one size. */
function endOfProgram(head: Buffer): number {
  const is64 = head.readUInt8(4) === IS_64_BIT;
  const table = is64 ? Number(head.readBigUInt64LE(40)) : head.readUInt32LE(32);
  const sizes = is64 ? 58 : 46;
  return table + head.readUInt16LE(sizes) * head.readUInt16LE(sizes + 2);
}
