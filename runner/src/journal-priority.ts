/**
 * Levels for the journal of systemd. A service's lines on standard output and error may begin with `<N>`, their
 * priority; on a terminal or in a file that would be noise. Source: sd-daemon(3), systemd.exec(5) on JOURNAL_STREAM.
 */
import { fstatSync } from 'node:fs';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Priorities of syslog(3). */
const PRIORITIES: Readonly<Record<Level, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/**
 * Puts a priority before each line of a text, as the journal reads it. A line break at the end stays one. A zero ends a
 * line of the journal, too, so what follows could have any priority: it is replaced. Pure.
 */
export function withPriority(level: Level, text: string): string {
  return text.replaceAll('\0', '␀').replaceAll(/^(?!$)/gm, `<${PRIORITIES[level]}>`);
}

/**
 * Whether a file is the journal's stream. Pure.
 * @param variable JOURNAL_STREAM: device and inode, in decimal, joined by a colon
 */
export function isJournalStream(
  variable: string | undefined,
  file: { readonly dev: bigint; readonly ino: bigint },
): boolean {
  return variable !== undefined && variable === `${file.dev}:${file.ino}`;
}

/**
 * Whether a file descriptor leads to the journal. Programs inherit the variable from services and sessions, and may
 * write elsewhere, so the descriptor itself decides.
 */
export function writesToJournal(fd: number, env: NodeJS.ProcessEnv = process.env): boolean {
  if (!env.JOURNAL_STREAM) return false;
  try {
    return isJournalStream(env.JOURNAL_STREAM, fstatSync(fd, { bigint: true }));
  } catch {
    // A closed descriptor.
    return false;
  }
}

/** Marks texts for where standard output or error (1 or 2) leads: with priorities if that is the journal. */
export function marker(
  fd: 1 | 2,
  env: NodeJS.ProcessEnv = process.env,
): (level: Level, text: string) => string {
  return writesToJournal(fd, env) ? withPriority : (_level, text) => text;
}
