import type { Gap } from '@appflux/client';
import type { Phase } from '@appflux/protocol';
import { formatNumber } from '#lib/format/number.ts';
import { ErrorStarts, outputTone } from './error-lines.ts';
import type { BufferedLine } from './line-buffer.ts';

/** Beyond this many lines, the oldest are dropped from the page. The download has all of them. */
export const MAX_SHOWN_LINES = 200_000;

export interface LineRow extends BufferedLine {
  readonly kind: 'line';
}

export interface PhaseRow {
  readonly kind: 'phase';
  readonly key: string;
  readonly phase: Phase;
  /** The section's number of lines, and the times of its first and last one. */
  readonly lines: number;
  readonly from: string;
  readonly to: string;
  readonly open: boolean;
}

export interface NoticeRow {
  readonly kind: 'notice';
  readonly key: string;
  readonly text: string;
}

export type LogRow = LineRow | PhaseRow | NoticeRow;

interface Section {
  readonly key: string;
  readonly phase: Phase | null;
  rows: (LineRow | NoticeRow)[];
  lines: number;
  from: string;
  to: string;
  open: boolean;
}

/** The rows of a log: its lines in collapsible sections, a section for each run of lines of a phase. */
export class LogRows {
  readonly #limit: number;
  readonly #sections: Section[] = [];
  readonly #errors = new ErrorStarts();
  #shown = 0;
  #cut = 0;
  #longest = 0;

  constructor(limit = MAX_SHOWN_LINES) {
    this.#limit = limit;
  }

  /** The number of lines, in open and closed sections. */
  get lineCount(): number {
    return this.#shown;
  }

  /** The length of the longest line, in UTF-16 units with escape sequences: an upper bound of its columns. */
  get longest(): number {
    return this.#longest;
  }

  /** The lines where errors start in the build's own output, in order. The array grows. */
  get errors(): readonly number[] {
    return this.#errors.found;
  }

  append(lines: readonly BufferedLine[], gap: Gap | null): void {
    for (const [index, line] of lines.entries()) {
      const section = this.#sectionFor(line);
      if (index === 0 && gap) section.rows.push(missing(gap));
      section.rows.push({ kind: 'line', ...line });
      section.lines += 1;
      section.to = line.at;
      if (line.stream !== 'system' && outputTone(line.text) === 'error')
        this.#errors.add(line.seq, line.text);
      if (line.text.length > this.#longest) this.#longest = line.text.length;
    }
    this.#shown += lines.length;
    this.#trim();
  }

  /** Opens or closes the section of a phase row. */
  toggle(key: string): void {
    const section = this.#sections.find((candidate) => candidate.key === key);
    if (section) section.open = !section.open;
  }

  /** Opens the section of a line. Returns whether there is such a line. */
  reveal(seq: number): boolean {
    const section = this.#sections.find(({ rows }) =>
      rows.some((row) => row.kind === 'line' && row.seq === seq),
    );
    if (section) section.open = true;
    return section !== undefined;
  }

  /** The rows of open sections and the headers of all, in order. Returns a new array. */
  rows(): LogRow[] {
    const rows: LogRow[] = [];
    if (this.#cut > 0) {
      const text = `${formatNumber(this.#cut)} earlier lines are not shown here. Download the log to read them.`;
      rows.push({ kind: 'notice', key: 'cut', text });
    }
    for (const { key, phase, lines, from, to, open, rows: own } of this.#sections) {
      if (phase !== null) rows.push({ kind: 'phase', key, phase, lines, from, to, open });
      if (open || phase === null) for (const row of own) rows.push(row);
    }
    return rows;
  }

  /** All lines, in open and closed sections. */
  *lines(): Generator<LineRow> {
    for (const section of this.#sections) {
      for (const row of section.rows) if (row.kind === 'line') yield row;
    }
  }

  /** A line without a phase belongs to the section before it. */
  #sectionFor(line: BufferedLine): Section {
    const last = this.#sections.at(-1);
    if (last && (line.phase === null || line.phase === last.phase)) return last;
    const { seq, phase, at } = line;
    const section: Section = { key: `s${seq}`, phase, rows: [], lines: 0, from: at, to: at, open: true };
    this.#sections.push(section);
    return section;
  }

  #trim(): void {
    // In steps of a tenth, so that a log at its limit is not trimmed with every batch.
    if (this.#shown <= this.#limit * 1.1) return;
    let excess = this.#shown - this.#limit;
    for (const section of this.#sections) {
      if (excess === 0) break;
      const before = section.rows.length;
      let at = 0;
      while (at < before && excess > 0) {
        if (section.rows[at]?.kind === 'line') {
          excess -= 1;
          this.#cut += 1;
          this.#shown -= 1;
        }
        at += 1;
      }
      section.rows = section.rows.slice(at);
    }
  }
}

function missing({ from, to }: Gap): NoticeRow {
  const text = from === to ? `Line ${from} is missing.` : `Lines ${from} to ${to} are missing.`;
  return { kind: 'notice', key: `gap${from}`, text };
}
