/** The ways in which a secret may appear in a log. Pure. */

/** What a masked secret is replaced by. */
export const MASK = '***';

/** Shorter values are not masked: they would blot out half of every log and hide nothing. In UTF-16 units. */
export const MIN_SECRET_LENGTH = 4;

/** The longest run that is matched at once; a longer secret is matched in pieces of this length. */
const PIECE_LENGTH = 512;

/** How `base64` (coreutils) and MIME (RFC 2045 §6.8) wrap their output. */
const BASE64_LINE = 76;

/** A JSON string's inside, as JSON.stringify writes it. */
const jsonEscaped = (text: string) => JSON.stringify(text).slice(1, -1);

/** JSON in pure ASCII, as Python's json.dumps and PHP's json_encode write it (`/` as `\/` in the latter). */
const jsonAscii = (text: string) =>
  jsonEscaped(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Percent-encoding of every byte but RFC 3986's unreserved ones. */
const percentEncoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The part of a text's base64 that does not depend on what stands around it, for each of the three ways in
 * which its first byte can fall into a group of three (RFC 4648 §4).
 */
function base64Alignments(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const firstWhole = Math.ceil((offset * 8) / 6);
    const afterLastWhole = Math.floor(((offset + bytes.length) * 8) / 6);
    return encoded.slice(firstWhole, afterLastWhole);
  });
}

const base64Url = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_');

function pieces(text: string, length: number): string[] {
  const result: string[] = [];
  for (let start = 0; start < text.length; start += length) result.push(text.slice(start, start + length));
  return result;
}

/** Long needles in pieces; a last piece too short to stand alone is widened into the one before it. */
function cut(needle: string): string[] {
  const parts = pieces(needle, PIECE_LENGTH);
  const last = parts.at(-1);
  if (parts.length > 1 && last !== undefined && last.length < PIECE_LENGTH / 2) {
    parts[parts.length - 1] = needle.slice(-PIECE_LENGTH);
  }
  return parts;
}

/** Every needle of one value: each of its lines by itself, and the whole value where an encoding joins its lines. */
function needlesOf(value: string): string[] {
  const lines = value.split(/\r\n|[\r\n]/).filter((line) => line.length >= MIN_SECRET_LENGTH);
  const texts = new Set([value, ...lines]);
  const needles: string[] = [...lines];
  for (const text of texts) {
    const base64 = base64Alignments(text);
    needles.push(
      jsonEscaped(text),
      jsonAscii(text),
      jsonAscii(text).replaceAll('/', '\\/'),
      ...percentForms(text),
      ...base64,
      ...base64.map(base64Url),
      ...pieces(Buffer.from(text, 'utf8').toString('base64').replace(/=+$/, ''), BASE64_LINE),
    );
  }
  return needles;
}

/** Percent-encoded: sparingly and thoroughly, with `+` for a blank (HTML forms), in both cases of the digits. */
function percentForms(text: string): string[] {
  // A lone surrogate has no percent-encoding.
  if (!text.isWellFormed()) return [];
  const forms = [encodeURIComponent(text), percentEncoded(text)];
  forms.push(...forms.map((form) => form.replaceAll('%20', '+')));
  forms.push(...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())));
  return forms;
}

/**
 * All texts that have to be hidden so that none of the values shows: as they are, line by line, and as
 * base64, base64url, percent-encoding and JSON strings.
 *
 * @param values secrets; those shorter than MIN_SECRET_LENGTH are passed over
 */
export function secretForms(values: Iterable<string>): Set<string> {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length < MIN_SECRET_LENGTH) continue;
    for (const needle of needlesOf(value)) {
      // Line breaks end every needle: output is matched line by line.
      if (needle.length < MIN_SECRET_LENGTH || /[\r\n]/.test(needle)) continue;
      for (const piece of cut(needle)) forms.add(piece);
    }
  }
  return forms;
}
