/** What the log viewer shows, whether it grows or lies in an archive. */
import type { AppFluxError } from '@appflux/protocol';
import type { Connection } from './log-feed.ts';
import type { LogRow } from './log-rows.ts';

/** A line that is not loaded. */
export interface PendingRow {
  readonly kind: 'pending';
  readonly seq: number;
  /** It cannot be loaded: storage has it damaged. */
  readonly damaged: boolean;
}

/** The lines of a log that hold some words. */
export interface Matches {
  /** Their numbers, in order. Grows while a search is under way. */
  readonly found: readonly number[];
  readonly searching: boolean;
  /** Why the search could not be finished. */
  readonly error: AppFluxError | null;
  /** Searches for other words; none for the empty text. */
  search(words: string): void;
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

  /** How many rows there are: lines, heads of sections, notices. */
  readonly rowCount: number;
  /** A row, counted from 0; null when there is none of that index. That it is asked for has its line loaded. */
  row(index: number): LogRow | PendingRow | null;
  /** What tells a row from the others, whether or not its line is here. */
  key(index: number): string | number;
  /** Opens or closes a phase's section. */
  toggle(key: string): void;
  /** Where a line lies among the rows, its section opened if need be; -1 when there is no such line (yet). */
  reveal(seq: number): number;
  /** Resolves when the lines around this one are loaded, or cannot be. */
  loaded(seq: number): Promise<void>;
  /** All lines as they are shown, without colors, for the clipboard. */
  text(): string | Promise<string>;
}
