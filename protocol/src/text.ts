/** Makes text from outside safe for a sentence in the log. */

/** Control and format characters: they could move the cursor, hide text or reverse its direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** `text` on one line, without control or format characters, cut to `max` UTF-16 units. */
export function printable(text: string, max = 200): string {
  // Cut first: the rest need not be searched, and names from outside can be very long.
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(UNPRINTABLE, '\u{FFFD}');
}

/** A name from outside, in quotation marks. */
export function quoted(name: string): string {
  return `"${printable(name)}"`;
}

/** A few names for a sentence: the first `show`, and how many more there are. */
export function listed(names: readonly string[], show = 5): string {
  const first = names.slice(0, show).map(quoted).join(', ');
  return names.length > show ? `${first} and ${names.length - show} more` : first;
}
