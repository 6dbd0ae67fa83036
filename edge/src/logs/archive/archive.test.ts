import { env } from 'cloudflare:workers';
import { isAppFluxError, type LogLine, MAX_PAGE_LENGTH, type Phase } from '@appflux/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createR2Objects } from '../../storage/r2.ts';
import { MIN_PART_BYTES } from '../../storage/storage.ts';
import { ndjsonStream } from '../ndjson.ts';
import { counting, lineOf, noise, piecesFor } from './given-logs.ts';
import { LogArchive, openPacked } from './read.ts';
import { archiveLog } from './write.ts';

const stored = createR2Objects(env.STORAGE);
const freshKey = () => `archive/${crypto.randomUUID()}`;
const damaged = (error: unknown) => isAppFluxError(error, 'log_damaged');

afterEach(() => {
  vi.restoreAllMocks();
});

/** Writes an archive as versions without an index did. */
async function archivePlain(key: string, lines: readonly LogLine[]): Promise<void> {
  const packed = ndjsonStream(piecesFor(lines)).pipeThrough(new CompressionStream('gzip'));
  await stored.put(key, await new Response(packed).arrayBuffer(), 'application/gzip');
}

async function archived(lines: readonly LogLine[], perPiece?: number): Promise<string> {
  const key = freshKey();
  await archiveLog(stored, key, piecesFor(lines, perPiece));
  return key;
}

async function opened(key: string, objects = stored): Promise<LogArchive> {
  const archive = await LogArchive.open(objects, key);
  if (archive === null) throw new Error('the archive is not there');
  return archive;
}

/** Everything after a line, as a replay has it. */
async function replayed(archive: LogArchive, after: number) {
  const lines: LogLine[] = [];
  const pieces = archive.linesAfter(after);
  let next = await pieces.next();
  for (; !next.done; next = await pieces.next()) {
    for (const json of next.value.split('\n')) lines.push(JSON.parse(json));
  }
  return { lines, lastSeq: next.value };
}

/** Everything, page by page, as a program that asks with `after` has it. */
async function paged(archive: LogArchive, limit: number): Promise<LogLine[][]> {
  const pages: LogLine[][] = [];
  for (let after = 0; ; ) {
    const { items, lastSeq } = await archive.page(after, limit);
    const last = items.at(-1);
    if (last === undefined) {
      expect(after).toBe(lastSeq);
      return pages;
    }
    pages.push(items);
    after = last.seq;
  }
}

const bytesAt = async (key: string) =>
  new Uint8Array(await new Response((await stored.get(key))?.body).arrayBuffer());

/** Compared as text: a difference of megabytes is not worth printing. */
const same = (a: readonly LogLine[], b: readonly LogLine[]) => JSON.stringify(a) === JSON.stringify(b);

const many = (count: number, width = 60) =>
  Array.from({ length: count }, (_, index) => lineOf(index + 1, noise(width, index)));

describe('any log', () => {
  const text = fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('', '漢'.repeat(16_384), '🚀'.repeat(8_192), '\u0000'.repeat(2_000)),
    },
    { weight: 1, arbitrary: fc.constant('\u2028\u2029\\"\n\r') },
  );
  const phase = fc.constantFrom<Phase | null>(null, 'preparing', 'building', 'building', 'uploading');
  const log = fc
    .array(fc.tuple(text, phase), { maxLength: 150 })
    .map((lines) => lines.map(([words, of], index) => lineOf(index + 1, words, of)));

  test.each([
    ['with an index', (key: string, lines: LogLine[]) => archiveLog(stored, key, piecesFor(lines, 7))],
    ['of an earlier version', archivePlain],
  ])(
    'property: an archive %s gives every page, replay and outline as the lines have them',
    async (_, write) => {
      await fc.assert(
        fc.asyncProperty(
          log,
          fc.nat({ max: 160 }),
          fc.integer({ min: 1, max: 50 }),
          async (lines, after, limit) => {
            const key = freshKey();
            await write(key, lines);
            const archive = await opened(key);
            const { items, lastSeq } = await archive.page(after, limit);
            expect(lastSeq).toBe(lines.length);
            expect(items).toEqual(lines.slice(after, after + items.length));
            const inFull = Math.min(limit, Math.max(0, lines.length - after));
            if (JSON.stringify(lines.slice(after, after + limit)).length < MAX_PAGE_LENGTH) {
              expect(items).toHaveLength(inFull);
            }
            expect(await replayed(archive, after)).toEqual({
              lines: lines.slice(after),
              lastSeq: lines.length,
            });

            const outline = await archive.outline();
            expect(outline.lastSeq).toBe(lines.length);
            expect(outline.longest).toBe(Math.max(0, ...lines.map((line) => line.text.length)));
            let seq = 1;
            for (const section of outline.sections) {
              const own = lines.slice(seq - 1, seq - 1 + section.lines);
              expect(section).toMatchObject({ firstSeq: seq, from: own[0]?.at, to: own.at(-1)?.at });
              expect(own.every((line) => line.phase === null || line.phase === section.phase)).toBe(true);
              seq += section.lines;
            }
            expect(seq).toBe(lines.length + 1);
          },
        ),
        { numRuns: 40 },
      );
    },
    120_000,
  );

  test.each([
    ['an empty log', []],
    ['one line', many(1)],
    [
      'lines of the greatest length',
      Array.from({ length: 300 }, (_, index) => lineOf(index + 1, noise(16_384, index))),
    ],
    [
      'letters of three bytes across chunks',
      Array.from({ length: 200 }, (_, index) => lineOf(index + 1, '漢'.repeat(9_001))),
    ],
    ['many lines', many(20_000)],
  ])(
    '%s: it is one gzip file that any tool unpacks, and pages and replays give the same',
    async (_, lines) => {
      const key = await archived(lines, 100);
      const ndjson = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      const packed = await openPacked(stored, key);
      expect(
        (await new Response(packed?.pipeThrough(new DecompressionStream('gzip'))).text()) === ndjson,
      ).toBe(true);
      const archive = await opened(key);
      expect((await paged(archive, 10_000)).flat()).toEqual(lines);
      expect((await replayed(archive, 0)).lines).toEqual(lines);
    },
  );
});

describe('a page', () => {
  test.each([
    ['with an index', archived],
    [
      'of an earlier version',
      async (lines: LogLine[]) => {
        const key = freshKey();
        await archivePlain(key, lines);
        return key;
      },
    ],
  ])('of long lines ends before it is too long, in an archive %s', async (_, write) => {
    const lines = Array.from({ length: 1200 }, (__, index) => lineOf(index + 1, noise(16_384, index)));
    const pages = await paged(await opened(await write(lines)), 10_000);
    expect(same(pages.flat(), lines)).toBe(true);
    expect(pages.length).toBeGreaterThan(4);
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(MAX_PAGE_LENGTH + 1000);
    // Not a request for every few lines either.
    expect(pages.length).toBeLessThan(10);
  });

  test('of a long log reads its own chunk and the index, wherever it is', async () => {
    const lines = many(100_000);
    const key = await archived(lines);
    const size = (await stored.head(key))?.size ?? 0;
    for (const after of [0, 50_000, 99_950]) {
      const { objects, traffic } = counting(stored);
      const { items, lastSeq } = await (await opened(key, objects)).page(after, 100);
      expect(items).toEqual(lines.slice(after, after + 100));
      expect(lastSeq).toBe(lines.length);
      expect(traffic.gets).toBeLessThanOrEqual(2);
      expect(traffic.bytesRead).toBeLessThan(450_000);
    }
    expect(size).toBeGreaterThan(3_000_000);
  });

  test('of a small log takes one read, and writing it one PUT', async () => {
    const key = freshKey();
    const { objects, traffic } = counting(stored);
    await archiveLog(objects, key, piecesFor(many(500)));
    expect(traffic).toMatchObject({ puts: [expect.any(Number)], parts: [] });
    const { items } = await (await opened(key, objects)).page(200, 100);
    expect(items).toHaveLength(100);
    expect(traffic.gets).toBe(1);
  });
});

describe('a log that packs badly', () => {
  // Eleven megabytes packed: three parts.
  const lines = Array.from({ length: 1200 }, (_, index) => lineOf(index + 1, noise(16_384, index)));

  test('is written in parts of one size, the first of them last, and never as a whole', async () => {
    const key = freshKey();
    const { objects, traffic } = counting(stored);
    await archiveLog(objects, key, piecesFor(lines, 50));
    expect(traffic.puts).toEqual([]);
    const { length } = traffic.parts;
    expect(length).toBeGreaterThan(2);
    expect(traffic.parts.map(({ number }) => number)).toEqual([
      ...Array.from({ length: length - 1 }, (_, at) => at + 2),
      1,
    ]);
    const last = Math.max(...traffic.parts.map(({ number }) => number));
    for (const { number, size } of traffic.parts) {
      if (number === last) expect(size).toBeLessThanOrEqual(MIN_PART_BYTES);
      else expect(size).toBe(MIN_PART_BYTES);
    }
    const packed = await openPacked(stored, key);
    const ndjson = await new Response(packed?.pipeThrough(new DecompressionStream('gzip'))).text();
    expect(ndjson === lines.map((line) => `${JSON.stringify(line)}\n`).join('')).toBe(true);
    expect((await (await opened(key)).page(1000, 3)).items).toEqual(lines.slice(1000, 1003));
  });

  test('leaves nothing behind when storage fails in between', async () => {
    const key = freshKey();
    const { objects, traffic } = counting(stored);
    const failing = {
      ...objects,
      putParts: async (name: string, type: string) => ({
        ...(await objects.putParts(name, type)),
        put: () => Promise.reject(new Error('no room')),
      }),
    };
    await expect(archiveLog(failing, key, piecesFor(lines))).rejects.toThrow('no room');
    expect(traffic.aborts).toBe(1);
    expect(await stored.head(key)).toBeNull();
  });
});

describe('a damaged archive', () => {
  test('whose index is damaged is read without it, and that is logged', async () => {
    const lines = many(20_000);
    const key = await archived(lines);
    const intact = await bytesAt(key);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const at of [20, 60, 300]) {
      const bytes = intact.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await stored.put(key, bytes, 'application/gzip');
      const archive = await opened(key);
      expect((await archive.page(15_000, 10)).items).toEqual(lines.slice(15_000, 15_010));
      expect((await archive.outline()).lastSeq).toBe(20_000);
    }
    expect(logged).toHaveBeenCalledTimes(3);
    expect(logged.mock.calls[0]?.[0]).toContain('the checksum of the index does not match');
  });

  test('says which pages it cannot give, and gives the others', async () => {
    const lines = many(20_000);
    const key = await archived(lines);
    const bytes = await bytesAt(key);
    for (let at = bytes.length - 2000; at < bytes.length - 1000; at += 1) bytes[at] = 0x55;
    await stored.put(key, bytes, 'application/gzip');
    const archive = await opened(key);
    expect((await archive.page(100, 10)).items).toEqual(lines.slice(100, 110));
    await expect(archive.page(19_990, 10)).rejects.toSatisfy(damaged);
    await expect(replayed(archive, 19_000)).rejects.toSatisfy(damaged);
  });

  test('that is cut off, or no gzip file at all, is said to be damaged', async () => {
    const key = await archived(many(20_000));
    const bytes = await bytesAt(key);
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const broken of [bytes.slice(0, -5000), bytes.slice(0, 40), new TextEncoder().encode('no gzip')]) {
      await stored.put(key, broken, 'application/gzip');
      await expect((await opened(key)).page(0, 10)).rejects.toSatisfy(damaged);
    }
  });

  test('that is replaced or removed while it is read is not mixed with another', async () => {
    const key = await archived(many(100_000));
    const archive = await opened(key);
    await archiveLog(stored, key, piecesFor(many(100_000, 61)));
    await expect(archive.page(90_000, 10)).rejects.toSatisfy((error) => isAppFluxError(error, 'unavailable'));
    await stored.delete([key]);
    await expect(archive.page(90_000, 10)).rejects.toSatisfy((error) => isAppFluxError(error, 'not_found'));
    expect(await LogArchive.open(stored, key)).toBeNull();
  });
});
