/** The runner's own log: what its owner reads on the host. Never a place for secrets. */

import { marker } from './journal-priority.ts';
import type { Mask } from './masking/sentence.ts';

export type JournalLevel = 'info' | 'warn' | 'error';
export type JournalFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Journal {
  info(message: string, fields?: JournalFields): void;
  warn(message: string, fields?: JournalFields): void;
  error(message: string, fields?: JournalFields): void;
}

/** One line of the journal: time, level, message, then `key=value` pairs, quoted where they need it. */
export function journalLine(
  at: Date,
  level: JournalLevel,
  message: string,
  fields: JournalFields = {},
): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = String(value);
      return ` ${key}=${/^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text)}`;
    });
  // A message with line breaks in it must not be able to forge a line of its own.
  const oneLine = message.replaceAll(/[\r\n]+/g, ' ⏎ ');
  return `${at.toISOString()} ${level.padEnd(5)} ${oneLine}${pairs.join('')}`;
}

/** A journal that writes to a stream; unless one is given to standard error, with priorities if systemd reads it. */
export function createJournal(out?: { write(text: string): unknown }): Journal {
  const stream = out ?? process.stderr;
  const mark = out === undefined ? marker(2) : (_level: JournalLevel, text: string) => text;
  const write = (level: JournalLevel) => (message: string, fields?: JournalFields) => {
    stream.write(`${mark(level, journalLine(new Date(), level, message, fields))}\n`);
  };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

/** Fields that hold ids of AppFlux. */
const IDS: ReadonlySet<string> = new Set(['deploymentId', 'app', 'runner']);

/** A journal for what concerns one build: texts in the fields of its lines are masked. Messages are literals of ours. */
export function maskingJournal(journal: Journal, mask: Mask): Journal {
  const masked = (fields: JournalFields = {}): JournalFields =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        typeof value === 'string' && !IDS.has(key) ? mask(value) : value,
      ]),
    );
  return {
    info: (message, fields) => journal.info(message, masked(fields)),
    warn: (message, fields) => journal.warn(message, masked(fields)),
    error: (message, fields) => journal.error(message, masked(fields)),
  };
}

/** Describes an unknown thrown value: its stack with the causes, or its text. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` | caused by: ${describeError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
