/** A badge for a README, of the size and shape that people know from there. Pure. */
import { html } from 'hono/html';
import type { Markup } from '../frame.ts';
import { plain } from '../text.ts';

/** Colors with enough contrast to white text (WCAG 2.2, 4.5:1). */
const COLORS = { good: '#1f7a33', none: '#5f6368' } as const;

export interface Badge {
  /** What is reported, such as `release`. */
  label: string;
  /** How it stands, such as a version. Comes from outside. */
  message: string;
  state: keyof typeof COLORS;
}

/** The most characters of a message: more would not fit into a line of a README. */
const MAX_MESSAGE = 40;
const HEIGHT = 20;
/** Space on both sides of a text, in pixels. */
const PADDING = 6;

/** An SVG of a badge: 20 pixels high, as wide as its text. What is in `message` is shown as the text it is. */
export function badgeSvg({ label, message, state }: Badge): Markup {
  const right = plain(message, MAX_MESSAGE);
  const [labelWidth, rightWidth] = [textWidth(label), textWidth(right)];
  const [split, width] = [labelWidth + 2 * PADDING, labelWidth + rightWidth + 4 * PADDING];
  const text = (content: string, x: number, length: number) =>
    html`<text x="${x}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${content}</text>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${label}: ${right}"><title>${label}: ${right}</title><clipPath id="r"><rect width="${width}" height="${HEIGHT}" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="${split}" height="${HEIGHT}" fill="#3c4043"/><rect x="${split}" width="${width - split}" height="${HEIGHT}" fill="${COLORS[state]}"/></g><g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">${text(label, PADDING, labelWidth)}${text(right, split + PADDING, rightWidth)}</g></svg>`;
}

/** Widths of characters in Verdana at 11 pixels, by kind; measured on the font, rounded to what a kind has on average. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijl.,:;|'!ft()[\]/\\ -]/, 4.6],
  [/[mwMW@%—]/, 10.4],
  [/\p{Mn}/u, 0],
  [/[A-Z0-9+=_#&]/, 7.4],
  [/[\x20-\x7e]/, 6.7],
  // Of other scripts: as wide as an ideograph. `textLength` fits the text into it.
  [/./su, 11],
];

/** How wide a text is, in whole pixels. */
function textWidth(text: string): number {
  const widths = [...text].map((character) => WIDTHS.find(([kind]) => kind.test(character))?.[1] ?? 11);
  return Math.max(1, Math.round(widths.reduce((sum, width) => sum + width, 0)));
}
