import type { LogSection } from '@appflux/protocol';

/** A row of an outline: the header of a section, or a line. */
export type OutlineRow =
  | { readonly kind: 'head'; readonly section: LogSection; readonly open: boolean }
  | { readonly kind: 'line'; readonly seq: number };

interface Placed {
  readonly section: LogSection;
  readonly open: boolean;
  /** The index of its header, or of its first line if it has no header. */
  readonly at: number;
  readonly heads: 0 | 1;
}

/** Maps lines to rows, given the closed sections. Needs no loaded lines. */
export class OutlineLayout {
  readonly #placed: readonly Placed[];
  readonly rowCount: number;

  /** `closed` has the first line of each closed section. */
  constructor(sections: readonly LogSection[], closed: ReadonlySet<number> = new Set()) {
    let at = 0;
    this.#placed = sections.map((section) => {
      // Lines before the first phase have no header, so they can't be closed.
      const heads = section.phase === null ? 0 : 1;
      const open = heads === 0 || !closed.has(section.firstSeq);
      const placed = { section, open, at, heads } as const;
      at += heads + (open ? section.lines : 0);
      return placed;
    });
    this.rowCount = at;
  }

  /** The row at an index; null if there is none. */
  rowAt(index: number): OutlineRow | null {
    if (index < 0 || index >= this.rowCount) return null;
    const { section, open, at, heads } = this.#placed.findLast((placed) => placed.at <= index) as Placed;
    if (index < at + heads) return { kind: 'head', section, open };
    return { kind: 'line', seq: section.firstSeq + index - at - heads };
  }

  /** The section of a line; null if there is no such line. */
  sectionOf(seq: number): LogSection | null {
    const section = this.#placed.findLast((placed) => placed.section.firstSeq <= seq)?.section;
    return section !== undefined && seq < section.firstSeq + section.lines ? section : null;
  }

  /** The row index of a line; -1 if its section is closed or there is no such line. */
  indexOf(seq: number): number {
    const section = this.sectionOf(seq);
    const placed = this.#placed.find((candidate) => candidate.section === section);
    if (placed === undefined || !placed.open) return -1;
    return placed.at + placed.heads + seq - placed.section.firstSeq;
  }
}
