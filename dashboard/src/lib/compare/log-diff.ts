/** What differs between two logs, without what differs in every build: times, durations, hashes, paths of a run. */
import { visibleText } from '#lib/log/visible-text.ts';
import type { LogWindow } from './log-windows.ts';

/** A line of a difference: of both logs, or of one only. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Neighboring lines that differ, with some that don't around them. */
export type DiffHunk = readonly DiffLine[];

/** What differs in one window of two logs. */
export interface WindowDiff {
  readonly hunks: readonly DiffHunk[];
  /** More lines differ than are compared. */
  readonly isTooDifferent: boolean;
}

export interface LogDiff {
  /** One window of short logs; the beginning and the end of long ones. */
  readonly windows: readonly WindowDiff[];
  /** Whether there are lines that were not compared. */
  readonly isPartial: boolean;
}

/** How many lines may differ: beyond that nobody reads on. */
const MOST_EDITS = 2000;

/** How many equal lines are shown around a difference. */
const AROUND = 2;

/** Colors and other control sequences of terminals (ECMA-48 §5.4). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this removes control sequences
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;

const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, '<time>'],
  [/\b\d+(?:[.,]\d+)?\s?(?:ms|µs|s|sec|secs|seconds|min|m)\b/g, '<duration>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/g, '<hash>'],
];

/** A line as it is compared. */
export const comparable = (line: string): string =>
  CHANGING.reduce(
    (text, [pattern, name]) => text.replace(pattern, name),
    line.replace(SEQUENCE, '').trimEnd(),
  );

/** Compares windows of two logs. Their lines come as they are in the log; what is given back can be shown. */
export async function diffLogs(windows: readonly LogWindow[]): Promise<LogDiff> {
  const { diffArrays } = await import('diff');
  return {
    windows: windows.map(({ before, after, continues }) => {
      const changes = diffArrays(before.map(comparable), after.map(comparable), {
        maxEditLength: MOST_EDITS,
      });
      if (changes === undefined) return { hunks: [], isTooDifferent: true };
      const lines = changes.flatMap(({ value, added, removed }) =>
        value.map(
          (text): DiffLine => ({
            kind: added ? 'added' : removed ? 'removed' : 'same',
            text: visibleText(text),
          }),
        ),
      );
      return { hunks: hunksOf(withoutEdges(lines, continues)), isTooDifferent: false };
    }),
    isPartial: windows.some(({ continues }) => continues.before || continues.after),
  };
}

/**
 * Where a window breaks off, the last lines of one log have their equals outside of it: they differ only because the other
 * log is longer by then.
 */
function withoutEdges(lines: readonly DiffLine[], continues: LogWindow['continues']): readonly DiffLine[] {
  const isSame = ({ kind }: DiffLine) => kind === 'same';
  const from = continues.before ? lines.findIndex(isSame) : 0;
  const to = continues.after ? lines.findLastIndex(isSame) + 1 : lines.length;
  // Without a line in common nothing tells where they belong.
  return from === -1 || to === 0 ? lines : lines.slice(from, to);
}

/** Cuts out what differs, with the lines around it. */
function hunksOf(lines: readonly DiffLine[]): DiffHunk[] {
  const hunks: DiffLine[][] = [];
  let end = -1;
  for (const [index, { kind }] of lines.entries()) {
    if (kind === 'same') continue;
    const from = Math.max(index - AROUND, end);
    const to = Math.min(index + AROUND + 1, lines.length);
    const last = hunks.at(-1);
    if (last !== undefined && from <= end) last.push(...lines.slice(end, to));
    else hunks.push(lines.slice(Math.max(from, 0), to));
    end = to;
  }
  return hunks;
}
