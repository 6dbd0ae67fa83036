/** Reads the escapes in which tools write characters. Pure. */

/** Added to the value of an escape that stands for a byte of UTF-8 instead of a character, such as `%C3`. */
export const BYTE = 0x200000;

export interface Escape {
  /** A code point, or BYTE plus the value of a byte. */
  readonly code: number;
  /** How many codes the escape is long. */
  readonly length: number;
}

/** `incomplete`: it may become an escape with more codes. */
export type Read = Escape | 'incomplete' | 'none';

export const PERCENT = 0x25;
export const AMPERSAND = 0x26;
export const BACKSLASH = 0x5c;

/** HTML's named character references (WHATWG HTML §13.5) for ASCII and the euro sign, then for Latin-1 from U+00A0 on. */
const ASCII_NAMES =
  'quot 22 amp 26 apos 27 lt 3c gt 3e excl 21 num 23 dollar 24 percnt 25 lpar 28 rpar 29 ast 2a plus 2b comma 2c period 2e sol 2f colon 3a semi 3b equals 3d quest 3f commat 40 lsqb 5b lbrack 5b bsol 5c rsqb 5d rbrack 5d Hat 5e lowbar 5f grave 60 lcub 7b lbrace 7b verbar 7c vert 7c rcub 7d rbrace 7d euro 20ac';
const LATIN_NAMES =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';

const NAMES: ReadonlyMap<string, number> = new Map([
  ...Array.from(ASCII_NAMES.matchAll(/(\w+) ([0-9a-f]+)/g), ([, name = '', code = '']): [string, number] => [
    name,
    Number.parseInt(code, 16),
  ]),
  ...LATIN_NAMES.split(' ').map((name, index): [string, number] => [name, 0xa0 + index]),
]);
const LONGEST_NAME = 8;
const LONGEST_NUMBER = 8;

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
const isOctal = (code: number) => code >= 0x30 && code <= 0x37;
const isHex = (code: number) => isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
const isWord = (code: number) => isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);

const text = (codes: readonly number[], from: number, to: number) =>
  String.fromCharCode(...codes.slice(from, to));

const number = (codes: readonly number[], from: number, to: number, base: number) =>
  Number.parseInt(text(codes, from, to), base);

/** The value of exactly `count` digits. */
function fixed(
  codes: readonly number[],
  from: number,
  count: number,
  isOne: (code: number) => boolean,
  base: number,
): number | 'incomplete' | 'none' {
  for (let at = from; at < from + count; at += 1) {
    const code = codes[at];
    if (code === undefined) return 'incomplete';
    if (!isOne(code)) return 'none';
  }
  return number(codes, from, from + count, base);
}

/** ASCII bytes are characters. */
const byteOrChar = (value: number) => (value < 0x80 ? value : BYTE + value);

function escapeOf(value: number | 'incomplete' | 'none', length: number, isByte: boolean): Read {
  if (typeof value === 'string') return value;
  if (value > 0x10ffff) return 'none';
  return { code: isByte ? byteOrChar(value) : value, length };
}

/** The value of one or more digits before the code `end`. */
function delimited(
  codes: readonly number[],
  from: number,
  isOne: (code: number) => boolean,
  base: number,
  end: number,
): Read {
  for (let at = from; at <= from + LONGEST_NUMBER; at += 1) {
    const code = codes[at];
    if (code === undefined) return 'incomplete';
    if (code === end && at > from) return escapeOf(number(codes, from, at, base), at + 1, false);
    if (!isOne(code)) return 'none';
  }
  return 'none';
}

/** `\u00fc`, `\u{fc}` (ECMAScript), `\U000000fc` (Python, shells), `\xfc`, `\374` (shells, C). */
function afterBackslash(codes: readonly number[]): Read {
  const kind = codes[1];
  if (kind === undefined) return 'incomplete';
  if (kind === 0x75) {
    return codes[2] === 0x7b
      ? delimited(codes, 3, isHex, 16, 0x7d)
      : escapeOf(fixed(codes, 2, 4, isHex, 16), 6, false);
  }
  if (kind === 0x55) return escapeOf(fixed(codes, 2, 8, isHex, 16), 10, false);
  if (kind === 0x78) return escapeOf(fixed(codes, 2, 2, isHex, 16), 4, true);
  return kind <= 0x33 ? escapeOf(fixed(codes, 1, 3, isOctal, 8), 4, true) : 'none';
}

/** `&amp;`, `&#38;`, `&#x26;`. */
function afterAmpersand(codes: readonly number[]): Read {
  const kind = codes[1];
  if (kind === undefined) return 'incomplete';
  if (kind === 0x23) {
    const base = codes[2];
    if (base === undefined) return 'incomplete';
    return (base | 0x20) === 0x78
      ? delimited(codes, 3, isHex, 16, 0x3b)
      : delimited(codes, 2, isDigit, 10, 0x3b);
  }
  for (let at = 1; at <= LONGEST_NAME + 1; at += 1) {
    const code = codes[at];
    if (code === undefined) return 'incomplete';
    if (code === 0x3b) {
      const named = NAMES.get(text(codes, 1, at));
      return named === undefined ? 'none' : { code: named, length: at + 1 };
    }
    if (!isWord(code)) return 'none';
  }
  return 'none';
}

/** Whether escapes start with this code. */
export const isIntroducer = (code: number): boolean =>
  code === BACKSLASH || code === PERCENT || code === AMPERSAND;

/** Reads the escape at the start of `codes`, of which the first is an introducer. */
export function readEscape(codes: readonly number[]): Read {
  if (codes[0] === PERCENT) return escapeOf(fixed(codes, 1, 2, isHex, 16), 3, true);
  return codes[0] === AMPERSAND ? afterAmpersand(codes) : afterBackslash(codes);
}
