/** Whether a log is whole and says what the build said. Pure. */
import type { LogLine } from '@appflux/protocol';
import type { Followed } from '../ledger.ts';
import { readPrinted } from '../workload.ts';

/** With this line, in AppFlux's own voice, an attempt begins. */
const ATTEMPT_BEGINS = /^Attempt \d+ on the runner /;

export interface LogVerdict {
  readonly faults: readonly string[];
  /** What the last attempt's build said of its own output. */
  readonly digest: string | null;
}

/** Judges a whole log; `succeeded`: the deployment is a success, so its last attempt's output has to be complete. */
export function judgeLog(lines: readonly LogLine[], succeeded: boolean): LogVerdict {
  const faults: string[] = [];
  const out = lines.findIndex(({ seq }, index) => seq !== index + 1);
  if (out >= 0) faults.push(`has line ${lines[out]?.seq} where ${out + 1} belongs`);
  const attempts = outputs(lines).map(readPrinted);
  for (const [index, { inOrder }] of attempts.entries()) {
    if (!inOrder) faults.push(`has lines of its build missing, twice or out of order in try ${index + 1}`);
  }
  const last = attempts.at(-1);
  if (succeeded && last?.complete !== true)
    faults.push(
      `lacks what its successful build printed (${last?.lines ?? 0} lines, ${last?.digest ?? 'no end'})`,
    );
  return { faults, digest: last?.digest ?? null };
}

/** What the build itself printed, try by try. */
function outputs(lines: readonly LogLine[]): string[][] {
  const tries: string[][] = [];
  for (const { stream, text } of lines) {
    if (stream === 'system' && ATTEMPT_BEGINS.test(text)) tries.push([]);
    // Output before any try's begin would be nobody's: it makes a try of its own, which is then out of order.
    else if (stream !== 'system') (tries.at(-1) ?? tries[tries.push(['(no try has begun)']) - 1])?.push(text);
  }
  return tries;
}

/** Whether somebody who followed the log saw exactly what it says now. */
export function judgeFollowed({ lines, status }: Followed, log: readonly LogLine[], ended: string): string[] {
  const faults: string[] = [];
  if (status !== ended) faults.push(`was followed to its end, which was ${status}, and is ${ended}`);
  const gap = lines.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0)
    faults.push(`was shown line ${lines[gap]?.seq} to a follower after line ${lines[gap - 1]?.seq ?? 0}`);
  const other = lines.find(({ seq, text }) => log[seq - 1]?.text !== text);
  if (other !== undefined)
    faults.push(`was shown to a follower with another line ${other.seq}: ${other.text}`);
  if (gap < 0 && lines.length < log.length)
    faults.push(`was shown to a follower up to line ${lines.length} of ${log.length}`);
  return faults;
}
