/** Text from outside, such as a line of a build's log, without anything that could control the terminal. */

const ESC = '\u001b';
const BEL = '\u0007';

/**
 * Escape sequences (ECMA-48): control sequences, then strings that end with ST or BEL (OSC, DCS, APC, PM, SOS), then
 * the short ones. A string that doesn't end is dropped up to the end of its line.
 */
const SEQUENCE = new RegExp(
  [
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    `(?:${ESC}[\\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])[^\n${BEL}${ESC}\u009c]*(?:${BEL}|${ESC}\\\\|\u009c)?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join('|'),
  'g',
);

/** Control characters but tab and line feed, and characters that change the direction of text or take no place. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const COLOR_SEQUENCE = new RegExp(`^${ESC}\\[([0-9;]*)m$`);

/** Select Graphic Rendition (ECMA-48 §8.3.117) without what blinks or hides text. */
function isHarmlessColor(parameters: string): boolean {
  const numbers = parameters === '' ? [0] : parameters.split(';').map(Number);
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] ?? 0;
    if (number === 38 || number === 48) {
      // 38;5;N and 38;2;R;G;B: the numbers after it are a color and not attributes.
      index += numbers[index + 1] === 5 ? 2 : 4;
      continue;
    }
    const harmless =
      (number >= 0 && number <= 4) ||
      (number >= 21 && number <= 24) ||
      (number >= 30 && number <= 49) ||
      (number >= 90 && number <= 107);
    if (!harmless) return false;
  }
  return true;
}

/**
 * `text` for a terminal: without escape sequences and control characters except tabs and line feeds.
 * @param color whether colors stay; they can neither move the cursor nor hide text
 */
export function sanitize(text: string, color = false): string {
  let colored = false;
  let clean = '';
  let end = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    clean += stripped(text.slice(end, match.index));
    end = match.index + match[0].length;
    const parameters = COLOR_SEQUENCE.exec(match[0])?.[1];
    if (!color || parameters === undefined || !isHarmlessColor(parameters)) continue;
    clean += match[0];
    colored = !/^(?:0|0*;?0*)$/.test(parameters);
  }
  clean += stripped(text.slice(end));
  // What one line colors must not color the next.
  return colored ? `${clean}${ESC}[0m` : clean;
}

const stripped = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => (character === '\n' || character === '\t' ? character : ''));

/** Text from outside as one line, for a table or a sentence. */
export const oneLine = (text: string): string => sanitize(text).replace(/\s+/g, ' ').trim();
