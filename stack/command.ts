/** Shared by the commands: where the checkout is, and how a command ends. */
import { fileURLToPath } from 'node:url';
import { isStackProblem } from './problem.ts';

/** The checkout's top folder, absolute, without a trailing slash. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/**
 * Runs a command to its end and sets the process's exit code: what `main` returns, or 1 if it throws. A problem is
 * printed as one sentence; anything else is a bug and printed with its stack.
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
