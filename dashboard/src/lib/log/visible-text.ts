// biome-ignore-all lint/suspicious/noControlCharactersInRegex: this file replaces control characters
/**
 * Characters that can make a log line look different from its content: controls that reorder text (UAX #9 explicit
 * directional formatting, the "Trojan Source" attack), zero-width characters, and terminal controls. Joiners that emoji
 * and some scripts need (U+200C, U+200D) stay.
 */
const DECEPTIVE =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

function name(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `\u2039U+${code.toString(16).toUpperCase().padStart(4, '0')}\u203a`;
}

/** Replaces deceptive characters with visible names; tabs stay. */
export function visibleText(text: string): string {
  return text.toWellFormed().replace(DECEPTIVE, name);
}
