/** Whether a log is complete and contains what the build printed. Pure. */
import type { LogLine } from '@appflux/protocol';
import type { Followed } from '../ledger.ts';
import { readPrinted } from '../workload.ts';

/** AppFlux's own line with which an attempt begins. */
const ATTEMPT_BEGINS = /^Attempt \d+ on runner /;

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

/** What the build itself printed, per attempt. */
function outputs(lines: readonly LogLine[]): string[][] {
  const byAttempt: string[][] = [];
  for (const { stream, text } of lines) {
    if (stream === 'system' && ATTEMPT_BEGINS.test(text)) byAttempt.push([]);
    // Output before any attempt becomes an attempt of its own, which is then out of order.
    else if (stream !== 'system')
      (byAttempt.at(-1) ?? byAttempt[byAttempt.push(['(no attempt has begun)']) - 1])?.push(text);
  }
  return byAttempt;
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
