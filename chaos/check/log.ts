/** Whether a log is complete and contains what the build printed. Pure. */
import type { LogLine } from '@appflux/protocol';
import type { Followed, Kept } from '../ledger.ts';
import { readPrinted } from '../workload.ts';

/** AppFlux's own lines after which output is of an attempt: its first line, and the heading of what came late. */
const OF_ATTEMPT = /^Attempt (\d+) on runner |^Output of attempt (\d+) that its runner sent after/;

export interface LogVerdict {
  readonly faults: readonly string[];
  /** What the last attempt's build reported about its own output. */
  readonly digest: string | null;
}

/** Judges a whole log. If `succeeded`, the deployment is a success, so its last attempt's output has to be complete. */
export function judgeLog(lines: readonly LogLine[], succeeded: boolean): LogVerdict {
  const faults: string[] = [];
  const out = lines.findIndex(({ seq }, index) => seq !== index + 1);
  if (out >= 0) faults.push(`has line ${lines[out]?.seq} where ${out + 1} belongs`);
  const attempts = outputs(lines).map(readPrinted);
  for (const [index, { inOrder }] of attempts.entries()) {
    if (!inOrder)
      faults.push(`has lines of its build missing, twice or out of order in attempt ${index + 1}`);
  }
  const last = attempts.at(-1);
  if (succeeded && last?.complete !== true)
    faults.push(
      `lacks what its successful build printed (${last?.lines ?? 0} lines, ${last?.digest ?? 'no end'})`,
    );
  return { faults, digest: last?.digest ?? null };
}

/**
 * What the build itself printed, each time that it ran, in the order of attempts. An attempt that was granted again to
 * the next process of its runner ran twice. Output before any attempt is out of order.
 */
function outputs(lines: readonly LogLine[]): string[][] {
  const runs: { attempt: number; output: string[] }[] = [];
  const begin = (attempt: number, output: string[] = []) => {
    const run = { attempt, output };
    runs.push(run);
    return run;
  };
  let current: (typeof runs)[number] | undefined;
  for (const { stream, text } of lines) {
    const [, begun, late] = (stream === 'system' ? OF_ATTEMPT.exec(text) : null) ?? [];
    if (begun !== undefined || late !== undefined) {
      const before = runs.findLast(({ attempt }) => attempt === Number(begun ?? late));
      const goesOn = before !== undefined && (late !== undefined || before.output.length === 0);
      current = goesOn ? before : begin(Number(begun ?? late));
    } else if (stream !== 'system') {
      current ??= begin(0, ['(no attempt has begun)']);
      current.output.push(text);
    }
  }
  return runs.sort((a, b) => a.attempt - b.attempt).map(({ output }) => output);
}

/** What of the output that runners had on disk when they were killed is not in the log. */
export function judgeKept(kept: readonly Kept[], log: readonly LogLine[]): string[] {
  const texts = new Set(log.map(({ text }) => text));
  return kept.flatMap(({ attempt, texts: all }) => {
    // A limit, which the log names (docs/limits.md).
    if (texts.has(`Further output of attempt ${attempt} was dropped: more was sent late than a log takes.`))
      return [];
    const lost = all.filter((text) => !texts.has(text)).length;
    return lost === 0 ? [] : [`lacks ${lost} of ${all.length} lines that attempt ${attempt} had on disk`];
  });
}

/** Whether someone who followed the log saw exactly its present content. */
export function judgeFollowed({ lines, status }: Followed, log: readonly LogLine[], ended: string): string[] {
  const faults: string[] = [];
  if (status !== ended) faults.push(`was followed to its end with ${status}, but is ${ended}`);
  const gap = lines.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0)
    faults.push(`sent line ${lines[gap]?.seq} to a follower after line ${lines[gap - 1]?.seq ?? 0}`);
  const other = lines.find(({ seq, text }) => log[seq - 1]?.text !== text);
  if (other !== undefined) faults.push(`sent a different line ${other.seq} to a follower: ${other.text}`);
  if (gap < 0 && lines.length < log.length)
    faults.push(`sent only ${lines.length} of ${log.length} lines to a follower`);
  return faults;
}
