/** Turns what the operating system refuses into a problem with advice. */
import { messageOf, StackProblem } from '../problem.ts';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'make room, or use a target on a larger disk',
  EDQUOT: 'make room, or use a target on a larger disk',
  EACCES: 'use a path that this user may write to',
  EPERM: 'use a path that this user may write to',
  EROFS: 'use a path that can be written to',
  ENOTDIR: 'use a path whose parents are folders',
  EIO: 'check the disk',
};

/** The same error, or a problem for one that the operating system names. */
export function asProblem(error: unknown): unknown {
  if (error instanceof StackProblem || !(error instanceof Error) || !('code' in error)) return error;
  const advice = ADVICE[String(error.code)];
  return advice === undefined
    ? error
    : new StackProblem('backup_failed', `The backup stopped (${messageOf(error)})`, advice, { cause: error });
}
