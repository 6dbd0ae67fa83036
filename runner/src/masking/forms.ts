/** The ways in which a secret may appear in a log. Pure. */

/** What a masked secret is replaced by. */
export const MASK = '***';

/** Shorter values aren't masked, because they would blot out half of every log. In UTF-16 units. */
export const MIN_SECRET_LENGTH = 4;

/** How `base64` (coreutils) and MIME (RFC 2045 §6.8) wrap their output. */
const BASE64_LINE = 76;

/** A line of a multi-line secret is a secret by itself if it has at least four letters and digits; `  },` has none. */
const TELLING_LINE = /(?:[\p{L}\p{N}].*){4}/u;

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

/** Base64 of data that contains the text, or the text as a JSON string, at any offset. */
function base64Forms(text: string): string[] {
  const all = [...new Set([text, jsonEscaped(text)])].flatMap(base64Alignments);
  return [...all, ...all.map(base64Url)];
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

/** The texts to mask, by how they are searched (see Level in decoder.ts). */
export interface SecretForms {
  /** For `plain`: values and their lines, also as base64, percent-encoded and as JSON strings. */
  readonly written: ReadonlySet<string>;
  /** For `escaped`: values and their lines, also as base64. */
  readonly readable: ReadonlySet<string>;
}

/** All texts that have to be masked so that none of the values is visible. */
export function secretForms(values: Iterable<string>): SecretForms {
  const written = new Set<string>();
  const readable = new Set<string>();
  for (const value of values) {
    const all = value.split(/\r\n|[\r\n]/);
    const lines = all.length === 1 ? [] : all.filter((line) => TELLING_LINE.test(line));
    for (const text of [value, ...lines]) {
      const base64 = base64Forms(text);
      for (const form of [text, ...base64]) readable.add(form);
      // As in an HTML form, where a plus sign is escaped.
      if (text.includes(' ')) readable.add(text.replaceAll('+', '%2B').replaceAll(' ', '+'));
      const wrapped = pieces(Buffer.from(text, 'utf8').toString('base64').replace(/=+$/, ''), BASE64_LINE);
      const json = [jsonEscaped(text), jsonAscii(text), jsonAscii(text).replaceAll('/', '\\/')];
      for (const form of [text, ...json, ...percentForms(text), ...base64, ...wrapped]) written.add(form);
    }
  }
  return { written: longEnough(written), readable: longEnough(readable) };
}

const longEnough = (forms: Set<string>): Set<string> =>
  new Set([...forms].filter((form) => form.length >= MIN_SECRET_LENGTH));
