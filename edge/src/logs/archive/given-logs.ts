/** Logs for the tests of archives, and a store that counts. */
import type { LogLine, Phase } from '@appflux/protocol';
import type { ObjectStore } from '../../storage/storage.ts';

const START = Date.parse('2026-11-01T12:00:00Z');

/** Line `seq` of a log. */
export const lineOf = (seq: number, text: string, phase: Phase | null = 'building'): LogLine => ({
  seq,
  at: new Date(START + seq).toISOString(),
  stream: 'stdout',
  phase,
  text,
});

/** Lines numbered from 1, as an object's rows give them: many to a piece. */
export function* piecesFor(lines: readonly LogLine[], perPiece = 1000): Generator<string> {
  for (let from = 0; from < lines.length; from += perPiece) {
    yield lines
      .slice(from, from + perPiece)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Longer than what deflate looks back, so that it does not find the same again. */
const NOISE = (() => {
  let state = 1;
  let text = '';
  for (let at = 0; at < 200_003; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    text += LETTERS[(state >>> 16) % LETTERS.length];
  }
  return text;
})();

/** A text of so many letters that cannot be packed much; another one for each number. */
export function noise(letters: number, number: number): string {
  const from = (number * letters) % (NOISE.length - letters);
  return NOISE.slice(from, from + letters);
}

/** What a store was asked for. */
export interface Traffic {
  gets: number;
  bytesRead: number;
  /** The size of each object and of each part that was written. */
  puts: number[];
  parts: { number: number; size: number }[];
  aborts: number;
}

/** The same store, counting. */
export function counting(objects: ObjectStore): { objects: ObjectStore; traffic: Traffic } {
  const traffic: Traffic = { gets: 0, bytesRead: 0, puts: [], parts: [], aborts: 0 };
  return {
    traffic,
    objects: {
      ...objects,
      get: async (key, range) => {
        const object = await objects.get(key, range);
        traffic.gets += 1;
        if (object !== null) {
          traffic.bytesRead += Math.min(object.size, range === undefined ? object.size : range.length);
        }
        return object;
      },
      put: async (key, body, contentType) => {
        traffic.puts.push(typeof body === 'string' ? body.length : body.byteLength);
        await objects.put(key, body, contentType);
      },
      putParts: async (key, contentType) => {
        const parts = await objects.putParts(key, contentType);
        return {
          ...parts,
          put: async (number, bytes) => {
            traffic.parts.push({ number, size: bytes.length });
            await parts.put(number, bytes);
          },
          abort: async () => {
            traffic.aborts += 1;
            await parts.abort();
          },
        };
      },
    },
  };
}
