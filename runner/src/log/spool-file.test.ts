import type { LogLine } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptOfSpool, spooledBatches, spoolPath } from './spool-file.ts';

const line = (seq: number, text = `line ${seq}`): LogLine => ({
  seq,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: 'building',
  text,
});

const spoolOf = (lines: readonly LogLine[]) =>
  Buffer.from(lines.map((each) => `${JSON.stringify(each)}\n`).join(''));

/** Reads all of it: the lines, the sizes of the batches, and whether the file is whole. */
function read(bytes: Uint8Array, after = 0) {
  const batches = spooledBatches(bytes, after);
  const lines: LogLine[] = [];
  const sizes: number[] = [];
  for (;;) {
    const next = batches.next();
    if (next.done) return { lines, sizes, whole: next.value };
    lines.push(...next.value);
    sizes.push(next.value.length);
  }
}

const someLines = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.array(fc.string({ unit: 'grapheme', maxLength: 60 })))
  .map(([first, texts]) => texts.map((text, index) => line(first + index, text)));

describe('a spool', () => {
  test('property: gives back what was written, after any number', () => {
    fc.assert(
      fc.property(someLines, fc.nat(80), (lines, skipped) => {
        const after = (lines[0]?.seq ?? 1) - 1 + skipped;
        const result = read(spoolOf(lines), after);
        expect(result.lines).toEqual(lines.filter(({ seq }) => seq > after));
        expect(result.whole).toBe(true);
      }),
    );
  });

  test('property: torn anywhere, it gives the lines before, and says that it is not whole', () => {
    fc.assert(
      fc.property(someLines, fc.nat(), (lines, at) => {
        const bytes = spoolOf(lines);
        const cut = bytes.length === 0 ? 0 : at % bytes.length;
        const whole = bytes.subarray(0, cut).filter((byte) => byte === 0x0a).length;
        const result = read(bytes.subarray(0, cut));
        expect(result.lines).toEqual(lines.slice(0, whole));
        expect(result.whole).toBe(cut === 0 || bytes[cut - 1] === 0x0a);
      }),
    );
  });

  test('property: overwritten with anything from some place on, it gives a beginning of the lines and no more', () => {
    fc.assert(
      fc.property(someLines, fc.nat(), fc.uint8Array({ maxLength: 300 }), (lines, at, garbage) => {
        const bytes = spoolOf(lines);
        const kept = bytes.subarray(0, bytes.length === 0 ? 0 : at % bytes.length);
        const result = read(Buffer.concat([kept, garbage]));
        expect(result.lines).toEqual(lines.slice(0, result.lines.length));
        const untouched = kept.filter((byte) => byte === 0x0a).length;
        expect(result.lines.length).toBeGreaterThanOrEqual(untouched);
      }),
    );
  });

  test.each<[string, string]>([
    ['zeros', '\0'.repeat(4096)],
    ['another JSON', '{"seq":3}\n'],
    ['a line that comes twice', `${JSON.stringify(line(2))}\n`],
    ['a line that comes too early', `${JSON.stringify(line(4))}\n`],
    ['a line longer than any', `${JSON.stringify(line(3, 'x'.repeat(16_385)))}\n`],
    ['an unknown member', `${JSON.stringify({ ...line(3), more: 1 })}\n`],
    ['an empty line', '\n'],
  ])('followed by %s ends there', (_name, tail) => {
    const bytes = Buffer.concat([spoolOf([line(1), line(2)]), Buffer.from(tail), spoolOf([line(3)])]);
    expect(read(bytes)).toMatchObject({ lines: [line(1), line(2)], whole: false });
  });

  test('that is empty is whole', () => {
    expect(read(Buffer.alloc(0))).toEqual({ lines: [], sizes: [], whole: true });
  });

  test('is read in batches of a size that a request may have', () => {
    const many = Array.from({ length: 2500 }, (_, index) => line(index + 1));
    expect(read(spoolOf(many)).sizes).toEqual([1000, 1000, 500]);
    const long = Array.from({ length: 40 }, (_, index) => line(index + 1, 'x'.repeat(16_000)));
    expect(read(spoolOf(long)).sizes).toEqual([17, 17, 6]);
  });
});

test('the name of a spool says which attempt it is of; no other name does', () => {
  const ref = { deploymentId: '66f2a1c04b7e9d0000000001', attempt: 12 };
  expect(attemptOfSpool(spoolPath('/state', ref).split('/').at(-1) ?? '')).toEqual(ref);
  for (const name of [
    '',
    '..',
    '66f2a1c04b7e9d0000000001-0.ndjson',
    '66f2a1c04b7e9d0000000001-1.ndjson.tmp',
    '66f2a1c04b7e9d0000000001-1',
    '66F2A1C04B7E9D0000000001-1.ndjson',
    'x66f2a1c04b7e9d0000000001-1.ndjson',
    '66f2a1c04b7e9d0000000001-1111111111111.ndjson',
  ])
    expect(attemptOfSpool(name), name).toBeNull();
});
