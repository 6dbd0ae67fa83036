import type { LogSection } from '@appflux/protocol';

/** What a row of an outline is: the head of a section, or a line. */
export type OutlineRow =
  | { readonly kind: 'head'; readonly section: LogSection; readonly open: boolean }
  | { readonly kind: 'line'; readonly seq: number };

interface Placed {
  readonly section: LogSection;
  readonly open: boolean;
  /** The index of its head, or of its first line where it has no head. */
  readonly at: number;
  readonly heads: 0 | 1;
}

/** Which line is on which row, given which sections are closed; known before any line is. */
export class OutlineLayout {
  readonly #placed: readonly Placed[];
  readonly rowCount: number;

  /** `closed` has the first lines of closed sections. */
  constructor(sections: readonly LogSection[], closed: ReadonlySet<number> = new Set()) {
    let at = 0;
    this.#placed = sections.map((section) => {
      // Lines from before the first phase have no head, so they cannot be closed.
      const heads = section.phase === null ? 0 : 1;
      const open = heads === 0 || !closed.has(section.firstSeq);
      const placed = { section, open, at, heads } as const;
      at += heads + (open ? section.lines : 0);
      return placed;
    });
    this.rowCount = at;
  }

  /** What is on a row; null when there is no such row. */
  rowAt(index: number): OutlineRow | null {
    if (index < 0 || index >= this.rowCount) return null;
    const { section, open, at, heads } = this.#placed.findLast((placed) => placed.at <= index) as Placed;
    if (index < at + heads) return { kind: 'head', section, open };
    return { kind: 'line', seq: section.firstSeq + index - at - heads };
  }

  /** The section that a line is in; null when there is no such line. */
  sectionOf(seq: number): LogSection | null {
    const section = this.#placed.findLast((placed) => placed.section.firstSeq <= seq)?.section;
    return section !== undefined && seq < section.firstSeq + section.lines ? section : null;
  }

  /** The row that a line is on; -1 when its section is closed, or there is no such line. */
  indexOf(seq: number): number {
    const section = this.sectionOf(seq);
    const placed = this.#placed.find((candidate) => candidate.section === section);
    if (placed === undefined || !placed.open) return -1;
    return placed.at + placed.heads + seq - placed.section.firstSeq;
  }
}
