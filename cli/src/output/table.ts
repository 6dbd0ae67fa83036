/** Tables of text. */
import width from 'fast-string-width';
import { oneLine } from './sanitize.ts';

/** A cell: its text, and how it is styled. */
export interface Cell {
  readonly text: string;
  readonly style?: (text: string) => string;
}

const GAP = '  ';

/**
 * Rows in aligned columns, a line each. A table without rows has no lines. The texts are from outside: each becomes one
 * line.
 */
export function table(rows: readonly (readonly (string | Cell)[])[]): string[] {
  const cells = rows.map((row) =>
    row.map((cell) =>
      typeof cell === 'string' ? { text: oneLine(cell) } : { ...cell, text: oneLine(cell.text) },
    ),
  );
  const widths: number[] = [];
  for (const row of cells) {
    for (const [column, { text }] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, width(text));
    }
  }
  return cells.map((row) =>
    row
      .map(({ text, style = (plain) => plain }: Cell, column) => {
        const padding = column === row.length - 1 ? 0 : (widths[column] ?? 0) - width(text);
        return style(text) + ' '.repeat(padding);
      })
      .join(GAP)
      .trimEnd(),
  );
}
