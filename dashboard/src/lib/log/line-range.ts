/** The lines that a URL fragment selects. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** Reads `#L42` or `#L42-L50`; null when the fragment is neither. */
export function readLineRange(fragment: string): LineRange | null {
  const match = /^#L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(fragment);
  if (!match) return null;
  const one = Number(match[1]);
  const other = Number(match[2] ?? match[1]);
  return one === 0 || other === 0 ? null : { from: Math.min(one, other), to: Math.max(one, other) };
}

/** The URL fragment for lines. */
export const lineFragment = ({ from, to }: LineRange): string =>
  from === to ? `#L${from}` : `#L${from}-L${to}`;

/** Extends a selection to a line, as Shift+click does. */
export function extendRange(range: LineRange | null, to: number): LineRange {
  if (range === null) return { from: to, to };
  return to < range.from ? { from: to, to: range.to } : { from: range.from, to };
}
