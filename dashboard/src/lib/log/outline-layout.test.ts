import type { LogSection, Phase } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutlineLayout } from './outline-layout.ts';

const AT = '2026-11-01T12:00:00.000Z';

/** Sections with these phases and numbers of lines. */
function sectionsOf(parts: readonly (readonly [Phase | null, number])[]): LogSection[] {
  let firstSeq = 1;
  return parts.map(([phase, lines]) => {
    const section = { phase, firstSeq, lines, from: AT, to: AT };
    firstSeq += lines;
    return section;
  });
}

test('sections have headers, except for lines before the first phase', () => {
  const layout = new OutlineLayout(
    sectionsOf([
      [null, 2],
      ['preparing', 1],
      ['building', 3],
    ]),
  );
  expect(layout.rowCount).toBe(8);
  const rows = Array.from({ length: 8 }, (_, index) => layout.rowAt(index));
  expect(rows.map((row) => (row?.kind === 'line' ? row.seq : row?.section.phase))).toEqual([
    1,
    2,
    'preparing',
    3,
    'building',
    4,
    5,
    6,
  ]);
});

test('an empty log has no rows and no lines', () => {
  const layout = new OutlineLayout([]);
  expect([layout.rowCount, layout.rowAt(0), layout.indexOf(1), layout.sectionOf(1)]).toEqual([
    0,
    null,
    -1,
    null,
  ]);
});

test('property: rows and lines map to each other, whichever sections are closed', () => {
  const section = fc.tuple(
    fc.constantFrom<Phase | null>(null, 'preparing', 'building'),
    fc.integer({ min: 1, max: 9 }),
  );
  fc.assert(
    fc.property(fc.array(section, { maxLength: 12 }), fc.func(fc.boolean()), (parts, isClosed) => {
      const sections = sectionsOf(parts);
      const closed = new Set(sections.map(({ firstSeq }) => firstSeq).filter((seq) => isClosed(seq)));
      const layout = new OutlineLayout(sections, closed);
      const expected = sections.flatMap(({ phase, firstSeq, lines }) => {
        const own = Array.from({ length: lines }, (_, index) => firstSeq + index);
        if (phase === null) return own;
        return [`head ${firstSeq}`, ...(closed.has(firstSeq) ? [] : own)];
      });
      const rows = Array.from({ length: layout.rowCount }, (_, index) => layout.rowAt(index));
      expect(rows.map((row) => (row?.kind === 'head' ? `head ${row.section.firstSeq}` : row?.seq))).toEqual(
        expected,
      );
      expect([layout.rowAt(-1), layout.rowAt(layout.rowCount)]).toEqual([null, null]);
      const lines = sections.reduce((sum, own) => sum + own.lines, 0);
      for (let seq = 0; seq <= lines + 1; seq += 1) expect(layout.indexOf(seq)).toBe(expected.indexOf(seq));
      expect(layout.sectionOf(lines + 1)).toBeNull();
    }),
  );
});
