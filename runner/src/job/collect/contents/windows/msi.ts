/** What a Windows Installer database says about itself: its tables and its summary are streams of a compound file. */
import { open } from 'node:fs/promises';
import type { ContentFacts } from '../index.ts';
import { MalformedFile } from '../malformed.ts';
import { CompoundFile } from './compound-file.ts';

/** Product, version, manufacturer and processor. */
export async function msiFacts(path: string): Promise<ContentFacts> {
  await using file = await open(path);
  const database = await CompoundFile.open(file);
  const properties = await propertiesOf(database);
  const template = await templateOf(database);
  return {
    product: properties.get('ProductName') ?? null,
    version: properties.get('ProductVersion') ?? null,
    company: properties.get('Manufacturer') ?? null,
    arch: ARCHES.get(template?.split(';')[0]?.split(',')[0]?.trim().toLowerCase() ?? '') ?? null,
  };
}

/** The platforms of a summary's template (learn.microsoft.com, "Template Summary property"). */
const ARCHES = new Map([
  ['intel', 'ia32'],
  ['x64', 'x64'],
  ['arm64', 'arm64'],
]);

/** Characters of streams' names, two in one character of another script; what is left of a table's name begins with !. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._';

/** The name of the stream that holds a table. */
function tableStream(table: string): string {
  let name = '\u4840';
  for (let at = 0; at < table.length; at += 2) {
    const first = ALPHABET.indexOf(table.charAt(at));
    const second = ALPHABET.indexOf(table.charAt(at + 1));
    name += String.fromCharCode(table.length > at + 1 ? 0x3800 + first + second * 64 : 0x4800 + first);
  }
  return name;
}

/** The table Property: two columns of references into the pool of strings, one after the other. */
async function propertiesOf(database: CompoundFile): Promise<Map<string, string>> {
  const pool = await database.stream(tableStream('_StringPool'));
  const data = await database.stream(tableStream('_StringData'));
  const table = await database.stream(tableStream('Property'));
  if (pool === null || data === null || table === null) throw new MalformedFile('no table of properties');
  const strings = stringsOf(pool, data);
  // The highest bit of the pool's head says that references have three bytes.
  const width = (pool.readUInt32LE(0) & 0x80000000) === 0 ? 2 : 3;
  const rows = Math.floor(table.length / (2 * width));
  const cell = (index: number) => strings[table.readUIntLE(index * width, width)] ?? '';
  const properties = new Map<string, string>();
  for (let row = 0; row < rows; row += 1) properties.set(cell(row), cell(rows + row));
  return properties;
}

/** Code pages of databases, by their names in the Encoding Standard; others are read as Windows-1252. */
const CODE_PAGES = new Map([
  [65001, 'utf-8'],
  [932, 'shift_jis'],
  [936, 'gbk'],
  [949, 'euc-kr'],
  [950, 'big5'],
  ...[1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258].map((page) => [page, `windows-${page}`] as const),
]);

/** The strings of a pool by their numbers, from 1. A string of 64 KB or more has an entry of its own before it. */
function stringsOf(pool: Buffer, data: Buffer): string[] {
  const decoder = new TextDecoder(CODE_PAGES.get(pool.readUInt32LE(0) & 0xffff) ?? 'windows-1252');
  const strings = [''];
  let from = 0;
  for (let at = 4; at + 4 <= pool.length; at += 4) {
    let length = pool.readUInt16LE(at);
    const references = pool.readUInt16LE(at + 2);
    if (length === 0 && references !== 0 && at + 8 <= pool.length) {
      length = references * 0x10000 + pool.readUInt16LE(at + 4);
      at += 4;
    }
    if (from + length > data.length) throw new MalformedFile('a string outside its pool');
    strings.push(decoder.decode(data.subarray(from, from + length)));
    from += length;
  }
  return strings;
}

const PID_TEMPLATE = 7;
const VT_LPSTR = 30;

/** The template of the summary information, a property set (MS-OLEPS): the processor and the languages. */
async function templateOf(database: CompoundFile): Promise<string | null> {
  const summary = await database.stream('\u0005SummaryInformation');
  if (summary === null) return null;
  const set = summary.readUInt32LE(44);
  const count = summary.readUInt32LE(set + 4);
  for (let index = 0; index < count; index += 1) {
    const at = set + 8 + index * 8;
    if (summary.readUInt32LE(at) !== PID_TEMPLATE) continue;
    const value = set + summary.readUInt32LE(at + 4);
    if (summary.readUInt32LE(value) !== VT_LPSTR) return null;
    const length = summary.readUInt32LE(value + 4);
    return summary.toString('latin1', value + 8, value + 8 + length).replace(/\0.*$/su, '');
  }
  return null;
}
