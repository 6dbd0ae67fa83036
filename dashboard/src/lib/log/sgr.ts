/** Select Graphic Rendition (ECMA-48 §8.3.117): ANSI sequences that change the style of the following text. */

/**
 * The colors of a log. Every other color is mapped to one of these, which the theme defines with enough contrast: no
 * build can print unreadable text.
 */
export type Hue = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'gray';

export interface Style {
  readonly color: Hue | null;
  readonly background: Hue | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly inverse: boolean;
}

export const PLAIN: Style = Object.freeze({
  color: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
});

/** Colors 0 to 7. Black and white would be invisible in one of the themes, so they become gray and plain. */
const BASIC: readonly (Hue | null)[] = ['gray', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', null];

/** The end of each hue on the color wheel, in degrees. */
const HUES: readonly [number, Hue][] = [
  [16, 'red'],
  [70, 'yellow'],
  [165, 'green'],
  [200, 'cyan'],
  [262, 'blue'],
  [340, 'magenta'],
  [360, 'red'],
];

/** The hue nearest to an RGB color (0 to 255); null is the plain text color. */
export function nearestHue(red: number, green: number, blue: number): Hue | null {
  const strongest = Math.max(red, green, blue);
  const chroma = strongest - Math.min(red, green, blue);
  if (chroma < 36) return strongest < 170 ? 'gray' : null;
  let turn: number;
  if (strongest === red) turn = ((green - blue) / chroma + 6) % 6;
  else if (strongest === green) turn = (blue - red) / chroma + 2;
  else turn = (red - green) / chroma + 4;
  const degrees = turn * 60;
  return HUES.find(([end]) => degrees < end)?.[1] ?? 'red';
}

/** The hue of one of xterm's 256 colors: 16 basic ones, a 6×6×6 cube, and 24 grays. */
function indexedHue(index: number): Hue | null {
  if (index < 16) return index === 15 ? null : (BASIC[index % 8] ?? null);
  if (index >= 232) return index < 244 ? 'gray' : null;
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return nearestHue(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/**
 * Parses an extended color (38 or 48) in any of its forms: `38;5;N`, `38;2;R;G;B`, `38:5:N`, `38:2::R:G:B`.
 * Returns the color and how many of the following parameters it used.
 */
function extendedColor(parameters: readonly string[], at: number): { hue: Hue | null; used: number } {
  const inside = (parameters[at] ?? '').split(':');
  const joined = inside.length > 1;
  const values = (joined ? inside.slice(1) : parameters.slice(at + 1, at + 5)).map(Number);
  const channels = joined && values.length > 4 ? values.slice(2) : values.slice(1);
  const [first = 0, second = 0, third = 0] = channels;
  if (values[0] === 5) return { hue: indexedHue(first), used: joined ? 0 : 2 };
  if (values[0] === 2) return { hue: nearestHue(first, second, third), used: joined ? 0 : 4 };
  return { hue: null, used: 0 };
}

const SWITCHES: Readonly<Record<number, Partial<Style>>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { color: null },
  49: { background: null },
};

function basicColor(code: number): Partial<Style> | null {
  if (code >= 30 && code <= 37) return { color: BASIC[code - 30] ?? null };
  if (code >= 40 && code <= 47) return { background: BASIC[code - 40] ?? null };
  if (code >= 90 && code <= 97) return { color: BASIC[code - 90] ?? null };
  if (code >= 100 && code <= 107) return { background: BASIC[code - 100] ?? null };
  return null;
}

/**
 * The style after an SGR sequence. Takes its parameters, the text between `CSI` and `m`. Unknown parameters are ignored,
 * and so are blinking (5, 6) and concealing (8): a log must not hide text.
 */
export function applySgr(style: Style, sequence: string): Style {
  const parameters = sequence.split(';');
  let next = style;
  for (let at = 0; at < parameters.length; at += 1) {
    const parameter = parameters[at] ?? '';
    const code = Number.parseInt(parameter || '0', 10);
    if (code === 0) next = PLAIN;
    else if (code === 38 || code === 48) {
      const { hue, used } = extendedColor(parameters, at);
      next = { ...next, ...(code === 38 ? { color: hue } : { background: hue }) };
      at += used;
    } else if (parameter === '4:0') next = { ...next, underline: false };
    else next = { ...next, ...(SWITCHES[code] ?? basicColor(code)) };
  }
  return next;
}
