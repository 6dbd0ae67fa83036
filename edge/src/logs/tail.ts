/** The end of a log as it is kept beside a deployment's record, for those who read the database with other tools. */
import type { LogLine } from '@appflux/protocol';
import { LOG_TAIL_LINES, type LogTailLine } from '../metadata/metadata.ts';

/** A line longer than this many characters is cut. */
const LINE_CHARACTERS = 1_000;

/** The whole travels in one message of a queue, which holds 128 KB. */
const TAIL_BYTES = 100_000;

/** The last lines of a log: at most LOG_TAIL_LINES, and fewer where they would not fit into a message. */
export function tailOf(lines: readonly LogLine[]): LogTailLine[] {
  const tail: LogTailLine[] = [];
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const { at, text } of lines.slice(-LOG_TAIL_LINES).reverse()) {
    const message = text.length > LINE_CHARACTERS ? `${text.slice(0, LINE_CHARACTERS)}…` : text;
    const line = { timestamp: at, message };
    bytes += encoder.encode(JSON.stringify(line)).length + 1;
    if (bytes > TAIL_BYTES) break;
    tail.unshift(line);
  }
  return tail;
}
