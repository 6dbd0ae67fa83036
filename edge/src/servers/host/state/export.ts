/** What is in a state's object, as a file that others read: SQL, or JSON lines. */
import { toBase64 } from './base64.ts';
import type { ExportedEntry } from './key-values.ts';

/** A stream of what `parts` gives; `close` is called once, whether it ended, failed or was canceled. */
export function streamOf(parts: Iterator<string>, close?: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  /** Small parts are sent together. */
  const ENOUGH = 64 * 1024;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      try {
        let text = '';
        while (text.length < ENOUGH) {
          const next = parts.next();
          if (next.done) break;
          text += next.value;
        }
        if (text !== '') return controller.enqueue(encoder.encode(text));
        close?.();
        controller.close();
      } catch (error) {
        close?.();
        controller.error(error);
      }
    },
    cancel: () => close?.(),
  });
}

/** How much of a value becomes text in one step: a multiple of three bytes, so that pieces of Base64 fit together. */
const PIECE = 3 * 8192;

/**
 * Entries as lines of JSON with the fields that `wrangler kv bulk put` knows: `base64` if the value is no UTF-8, which is
 * the case for most that are not text. A line comes in pieces, because a value may be a fifth of an isolate's memory.
 */
export function* entryLines(entries: Iterable<ExportedEntry>): Generator<string> {
  for (const { key, value, expiration, metadata } of entries) {
    yield `{"key":${JSON.stringify(key)},"value":"`;
    const text = textOf(value);
    for (let at = 0; at < (text?.length ?? value.byteLength); at += PIECE) {
      yield text === null
        ? toBase64(new Uint8Array(value, at, Math.min(PIECE, value.byteLength - at)))
        : // A pair of surrogates that is cut becomes two escapes, which are the pair again.
          JSON.stringify(text.slice(at, at + PIECE)).slice(1, -1);
    }
    const rest = {
      ...(text === null ? { base64: true } : {}),
      ...(expiration === null ? {} : { expiration }),
      ...(metadata === null ? {} : { metadata: JSON.parse(metadata) }),
    };
    const members = JSON.stringify(rest).slice(1);
    yield members === '}' ? '"}\n' : `",${members}\n`;
  }
}

/** The text whose bytes these are exactly; null if there is none. */
function textOf(bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // TypeError: it is no UTF-8.
    return null;
  }
}
