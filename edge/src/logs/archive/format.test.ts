import { MAX_LOG_SECTIONS } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Chunk, decodeHead, encodeHeader, MAX_HEADER_BYTES, TRAILER_BYTES } from './format.ts';
import { lineOf } from './given-logs.ts';
import { OutlineBuilder } from './outline.ts';

const chunk = fc.record({
  packed: fc.integer({ min: 1, max: 2 ** 32 }),
  unpacked: fc.integer({ min: 1, max: 2 ** 32 }),
  lines: fc.integer({ min: 1, max: 1_000_000 }),
  crc: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

/** An index of these chunks, all of one phase. */
function indexOf(chunks: readonly Chunk[]) {
  const lines = chunks.reduce((sum, own) => sum + own.lines, 0);
  const at = '2026-11-01T12:00:00.000Z';
  const section = { phase: 'building' as const, firstSeq: 1, lines, from: at, to: at };
  return { chunks, outline: { sections: lines === 0 ? [] : [section], lastSeq: lines, longest: 80 } };
}

const sizeOf = (chunks: readonly Chunk[], header: Uint8Array) =>
  header.length + chunks.reduce((sum, { packed }) => sum + packed, 0) + TRAILER_BYTES;

describe('the header of an archive', () => {
  test('property: gives the index back, padded or not, and whatever follows it', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 300 }), fc.boolean(), (chunks, padded) => {
        const header = encodeHeader(indexOf(chunks), padded ? MAX_HEADER_BYTES : undefined);
        if (padded) expect(header.length).toBe(MAX_HEADER_BYTES);
        const head = new Uint8Array(header.length + 100).fill(0xff);
        head.set(header);
        const decoded = decodeHead(head, sizeOf(chunks, header));
        expect(decoded).toEqual({ kind: 'indexed', index: indexOf(chunks), dataAt: header.length });
      }),
    );
  });

  test('property: with any bit changed it is damaged, or no index, but never another index', () => {
    const chunks = [{ packed: 5_000, unpacked: 300_000, lines: 4_000, crc: 77 }];
    const header = encodeHeader(indexOf(chunks));
    const size = sizeOf(chunks, header);
    fc.assert(
      fc.property(fc.nat({ max: header.length * 8 - 1 }), (bit) => {
        const changed = header.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const decoded = decodeHead(changed, size);
        if (decoded.kind === 'indexed')
          expect(decoded).toMatchObject({ index: indexOf(chunks), dataAt: header.length });
      }),
      { numRuns: 2000 },
    );
  });

  test('of a file with another size is damaged', () => {
    const chunks = [{ packed: 5_000, unpacked: 300_000, lines: 4_000, crc: 77 }];
    const header = encodeHeader(indexOf(chunks));
    expect(decodeHead(header, sizeOf(chunks, header) - 1)).toMatchObject({ kind: 'damaged' });
  });

  test('leaves the index out when there is no room for it', () => {
    const chunks = Array.from({ length: 8_000 }, () => ({ packed: 1, unpacked: 1, lines: 1, crc: 1 }));
    const header = encodeHeader(indexOf(chunks));
    expect(header.length).toBe(MAX_HEADER_BYTES);
    expect(decodeHead(header, sizeOf(chunks, header))).toEqual({ kind: 'plain' });
  });

  test('has room for as many sections as there may be, and 1,000 chunks', () => {
    const chunks = Array.from({ length: 1_000 }, () => ({
      packed: 262_144,
      unpacked: 1_048_576,
      lines: 9_999,
      crc: 2 ** 32 - 1,
    }));
    const { outline } = indexOf(chunks);
    const lines = outline.lastSeq / MAX_LOG_SECTIONS;
    const sections = Array.from({ length: MAX_LOG_SECTIONS }, (_, at) => ({
      phase: 'preparing' as const,
      firstSeq: at * lines + 1,
      lines,
      from: '2026-11-01T12:00:00.000Z',
      to: '2026-11-01T12:00:00.000Z',
    }));
    const header = encodeHeader({ chunks, outline: { ...outline, sections } });
    expect(decodeHead(header, sizeOf(chunks, header)).kind).toBe('indexed');
  });
});

describe('the outline', () => {
  test('of a log whose phases change with every line is bounded, and still has every line', () => {
    const builder = new OutlineBuilder();
    for (let seq = 1; seq <= 5_000; seq += 1) {
      builder.add(JSON.stringify(lineOf(seq, 'x', seq % 2 === 0 ? 'building' : 'scanning')));
    }
    const { sections, lastSeq } = builder.outline();
    expect(sections).toHaveLength(MAX_LOG_SECTIONS);
    expect(sections.at(-1)).toMatchObject({ firstSeq: 200, lines: 4_801 });
    expect(lastSeq).toBe(5_000);
  });

  test('reads lines whose members stand in another order, and refuses what is no line', () => {
    const builder = new OutlineBuilder();
    const { text, ...others } = lineOf(1, 'four');
    builder.add(JSON.stringify({ text, ...others }));
    expect(builder.outline()).toMatchObject({ longest: 4, sections: [{ phase: 'building', lines: 1 }] });
    expect(() => builder.add('{"seq":2}')).toThrow();
  });
});
