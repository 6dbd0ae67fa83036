/** Pictures drawn for the public pages: an app's icon, and the code that a phone's camera reads. */
import type { AppType } from '@appflux/protocol';
import { html } from 'hono/html';
import qrcode from 'qrcode-generator';

/** A hue from 0 to 359 that stays with a name. */
export function hueOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % 360;
}

/** The first letter or digit that a person reads, in upper case; null for a name that begins with neither. */
export function monogramOf(name: string): string | null {
  const first = [...new Intl.Segmenter('en').segment(name.trim())][0]?.segment ?? '';
  return /^[\p{L}\p{N}]/u.test(first) ? first.toUpperCase() : null;
}

/** What stands in the icon of a name without a letter to take. */
const GLYPHS: Readonly<Record<AppType | 'unknown', string>> = {
  web: 'M32 14a18 18 0 1 0 0 36 18 18 0 0 0 0-36Zm-18 18h36M32 14c5 5 7 11 7 18s-2 13-7 18c-5-5-7-11-7-18s2-13 7-18Z',
  pwa: 'M32 14a18 18 0 1 0 0 36 18 18 0 0 0 0-36Zm-18 18h36M32 14c5 5 7 11 7 18s-2 13-7 18c-5-5-7-11-7-18s2-13 7-18Z',
  android: 'M23 12h18a3 3 0 0 1 3 3v34a3 3 0 0 1-3 3H23a3 3 0 0 1-3-3V15a3 3 0 0 1 3-3Zm7 34h4',
  desktop: 'M14 16h36a2 2 0 0 1 2 2v22a2 2 0 0 1-2 2H14a2 2 0 0 1-2-2V18a2 2 0 0 1 2-2Zm11 34h14m-7-8v8',
  unknown: 'M32 12l17 9v20l-17 10-17-10V21Zm0 20l17-11M32 32v19m0-19L15 21',
};

/** An app's icon, 64 units square: its monogram, or the picture of its type. Decoration: the name stands beside it. */
export function appIcon(app: { name: string; slug: string; type: AppType | null }) {
  const hue = hueOf(app.slug);
  const letter = monogramOf(app.name);
  return html`<svg class="icon" viewBox="0 0 64 64" xmlns="http://www.w3.org/2000/svg" aria-hidden="true">
  <defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="oklch(0.7 0.16 ${hue})"/><stop offset="1" stop-color="oklch(0.47 0.17 ${(hue + 25) % 360})"/>
  </linearGradient></defs>
  <rect width="64" height="64" rx="15" fill="url(#g)"/>
  ${
    letter === null
      ? html`<path d="${GLYPHS[app.type ?? 'unknown']}" fill="none" stroke="#fff" stroke-width="3.5" stroke-linejoin="round" stroke-linecap="round"/>`
      : html`<text x="32" y="33" fill="#fff" font-family="system-ui, sans-serif" font-size="34" font-weight="700" text-anchor="middle" dominant-baseline="central">${letter}</text>`
  }
</svg>`;
}

/** Modules of white around a QR code. Source: ISO/IEC 18004 */
const QUIET = 4;

/** A QR code of an address, black on white whatever the page's colors are, so that every camera reads it. */
export function qrCode(address: string) {
  const code = qrcode(0, 'M');
  code.addData(address);
  code.make();
  const count = code.getModuleCount();
  const side = count + 2 * QUIET;
  // A line for each run of dark modules, from the middle of its first one: a third of the bytes of a square for each.
  let runs = '';
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (!code.isDark(row, column)) continue;
      const first = column;
      while (column + 1 < count && code.isDark(row, column + 1)) column += 1;
      runs += `M${first + QUIET} ${row + QUIET}.5h${column - first + 1}`;
    }
  }
  return html`<svg viewBox="0 0 ${side} ${side}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="QR code of this page" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path stroke="#000" d="${runs}"/></svg>`;
}
