import { styleClass, styledLine } from './ansi.ts';
import { matchesIn } from './search.ts';
import type { Style } from './sgr.ts';

/** A part of a line with one style. */
export interface Piece {
  readonly text: string;
  readonly className: string;
  readonly found: boolean;
}

/** Splits a line where its style changes or a match starts or ends. */
export function piecesOf(raw: string, start: Style, query: string): Piece[] {
  const { spans } = styledLine(raw, start);
  const matches = query === '' ? [] : matchesIn(spans.map(({ text }) => text).join(''), query);
  const pieces: Piece[] = [];
  let offset = 0;
  for (const { text, style } of spans) {
    const className = styleClass(style);
    let at = 0;
    for (const match of matches) {
      const from = Math.max(match.start - offset, at);
      const to = Math.min(match.end - offset, text.length);
      if (to <= from) continue;
      if (from > at) pieces.push({ text: text.slice(at, from), className, found: false });
      pieces.push({ text: text.slice(from, to), className, found: true });
      at = to;
    }
    if (at < text.length) pieces.push({ text: text.slice(at), className, found: false });
    offset += text.length;
  }
  return pieces;
}
