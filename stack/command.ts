/** What the commands share: where the checkout is, and how one of them ends. */
import { fileURLToPath } from 'node:url';
import { isStackProblem } from './problem.ts';

/** The checkout's top folder, absolute, without a slash at its end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/**
 * Runs a command to its end and sets the process's exit code: what `main` gives, or 1 when it throws. A problem is
 * told in one sentence; anything else is a fault of ours and shown whole.
 */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = 1;
    if (isStackProblem(error)) process.stderr.write(`\n${error.sentence}\n`);
    else console.error(error);
  }
}
