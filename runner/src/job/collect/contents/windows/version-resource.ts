/**
 * The version resource of a Windows program (learn.microsoft.com, "PE Format", "The .rsrc Section", and VS_VERSIONINFO):
 * a tree of three levels leads to it, and it is a tree itself.
 */
import type { FileHandle } from 'node:fs/promises';
import { MalformedFile } from '../malformed.ts';
import { readAt } from '../read-at.ts';

const RT_VERSION = 16;
/** Type, name, language. */
const LEVELS = 3;
const IS_DIRECTORY = 0x80000000;
/** A version resource has a few short texts for each language. */
const LARGEST_RESOURCE = 256 * 1024;

/** Where a file has the bytes that a program has at an address; null where it has none. */
export type Locate = (address: number) => number | null;

/**
 * The texts of the first version resource, by their keys, such as `ProductName`; empty where there is none.
 * `directory` is the address of the resources.
 * @throws MalformedFile, or RangeError where a structure ends too early
 */
export async function versionTexts(
  file: FileHandle,
  directory: number,
  locate: Locate,
): Promise<ReadonlyMap<string, string>> {
  const base = locate(directory);
  if (base === null) return new Map();
  let at = base;
  for (let level = 0; level < LEVELS; level += 1) {
    const entry = await entryIn(file, at, level === 0 ? RT_VERSION : null);
    if (entry === null) return new Map();
    const isLast = level === LEVELS - 1;
    if (((entry & IS_DIRECTORY) !== 0) === isLast) throw new MalformedFile('a resource of another depth');
    at = base + (entry & 0x7fffffff);
  }
  const data = await readAt(file, at, 16);
  const [address, size] = [data.readUInt32LE(0), data.readUInt32LE(4)];
  const position = locate(address);
  if (position === null || size > LARGEST_RESOURCE) throw new MalformedFile(`a version of ${size} bytes`);
  return textsOf(await readAt(file, position, size));
}

/** What the entry with this id leads to; with null, the first. */
async function entryIn(file: FileHandle, position: number, id: number | null): Promise<number | null> {
  const table = await readAt(file, position, 16);
  const count = table.readUInt16LE(12) + table.readUInt16LE(14);
  const entries = await readAt(file, position + 16, count * 8);
  for (let at = 0; at < entries.length; at += 8) {
    if (id === null || entries.readUInt32LE(at) === id) return entries.readUInt32LE(at + 4);
  }
  return null;
}

/** A node: its key, its value, and the nodes in it. All of its parts begin at multiples of four bytes. */
interface Node {
  readonly key: string;
  readonly value: Buffer;
  readonly children: Buffer;
}

const aligned = (at: number): number => (at + 3) & ~3;

function nodeAt(bytes: Buffer): { node: Node; length: number } {
  const length = bytes.readUInt16LE(0);
  if (length < 6 || length > bytes.length) throw new MalformedFile(`a node of ${length} bytes`);
  const own = bytes.subarray(0, length);
  const isText = own.readUInt16LE(4) === 1;
  const valueBytes = own.readUInt16LE(2) * (isText ? 2 : 1);
  let end = 6;
  while (own.readUInt16LE(end) !== 0) end += 2;
  const start = aligned(end + 2);
  return {
    length,
    node: {
      key: own.toString('utf16le', 6, end),
      value: own.subarray(start, start + valueBytes),
      children: own.subarray(aligned(start + valueBytes)),
    },
  };
}

function* nodesIn(bytes: Buffer): Generator<Node> {
  for (let rest = bytes; rest.length >= 6; ) {
    const { node, length } = nodeAt(rest);
    yield node;
    rest = rest.subarray(aligned(length));
  }
}

/** The texts of the first language. */
function textsOf(resource: Buffer): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { key, children } of nodesIn(nodeAt(resource).node.children)) {
    if (key !== 'StringFileInfo') continue;
    for (const language of nodesIn(children)) {
      for (const { key: name, value } of nodesIn(language.children)) {
        const text = value.toString('utf16le').replace(/\0.*$/su, '').trim();
        if (text !== '' && !texts.has(name)) texts.set(name, text);
      }
      return texts;
    }
  }
  return texts;
}
