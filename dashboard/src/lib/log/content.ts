/** The interface between the log viewer and a log, live or archived. */
import type { Connection } from '@appflux/client';
import type { AppFluxError } from '@appflux/protocol';
import type { LogRow } from './log-rows.ts';

/** A line that is not loaded. */
export interface PendingRow {
  readonly kind: 'pending';
  readonly seq: number;
  /** Whether it can't be loaded because it is damaged in storage. */
  readonly damaged: boolean;
}

/** The lines of a log that match a search. */
export interface Matches {
  /** Their sequence numbers, in order. Grows during a search. */
  readonly found: readonly number[];
  readonly searching: boolean;
  /** Why the search failed. */
  readonly error: AppFluxError | null;
  /** Starts a new search. An empty text matches nothing. */
  search(words: string): void;
  /** Starts the search now, if it waits for further keys. */
  hurry(): void;
}

/** The lines of a log where errors start, in the output of the build. */
export interface Errors {
  /** Their sequence numbers, in order. Grows while they are looked for. */
  readonly found: readonly number[];
  /** Whether all lines so far were looked at. */
  readonly complete: boolean;
  /** Why they can't be looked for. */
  readonly error: AppFluxError | null;
  /** Starts looking for them, unless that was done. */
  find(): void;
}

export interface LogContent {
  readonly connection: Connection;
  readonly error: AppFluxError | null;
  readonly lineCount: number;
  /** The length of the longest line, for the width of the scrolled area. */
  readonly longest: number;
  /** When the first line was written; null while there is none. */
  readonly since: string | null;
  readonly matches: Matches;
  readonly errors: Errors;

  /** The number of rows: lines, section headers, notices. */
  readonly rowCount: number;
  /** The row at an index from 0; null if there is none. Reading a row starts loading its line. */
  row(index: number): LogRow | PendingRow | null;
  /** A unique key for a row, whether or not its line is loaded. */
  key(index: number): string | number;
  /** Opens or closes the section of a phase. */
  toggle(key: string): void;
  /** Opens the section of a line and returns the line's row index; -1 if there is no such line (yet). */
  reveal(seq: number): number;
  /** Resolves when the lines around this one are loaded, or can't be. */
  loaded(seq: number): Promise<void>;
  /** The text of all lines without colors, for the clipboard. */
  text(): string | Promise<string>;
}
