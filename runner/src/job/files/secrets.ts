/** Secrets in an app's files that are masked in the log. Pure. */

/** Lines of a text that are shorter are the frame around a secret (braces, `-----BEGIN`) or stand for nothing by themselves. */
const SHORTEST_LINE = 24;
/** How `base64` (coreutils), PEM (RFC 7468 §2) and MIME (RFC 2045 §6.8) wrap. */
const WRAPPED = [64, 76];

const wrap = (text: string, columns: number) =>
  text.match(new RegExp(`.{1,${columns}}`, 'g'))?.join('\n') ?? '';

/**
 * The forms in which a file's content could get into a log: its base64, as it is and wrapped, and the longer lines of
 * what is a text.
 * @param files contents in base64, as a job has them
 */
export function fileSecrets(files: Readonly<Record<string, string>>): string[] {
  return Object.values(files).flatMap((content) => {
    const text = utf8(Buffer.from(content, 'base64'));
    const lines = text?.split(/\r\n|[\r\n]/).map((line) => line.trim()) ?? [];
    const longLines = lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'));
    return [content, ...WRAPPED.map((columns) => wrap(content, columns)), ...longLines];
  });
}

/** Null for what is no text. */
function utf8(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    // Not UTF-8: then no line of it can be in a log, which is UTF-8.
    return null;
  }
}
