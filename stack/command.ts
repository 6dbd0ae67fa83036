/** Shared by the commands: where the checkout is, and how a command ends. */
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { marker } from '../runner/src/journal-priority.ts';
import { asProblem, isStackProblem } from './problem.ts';

/** The checkout's top folder, absolute, without a trailing slash. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/**
 * Runs a command to its end and sets the process's exit code: what `main` returns, or 1 if it throws. A problem, or a full
 * disk, is printed as one sentence; anything else is a bug and printed with its stack. In systemd's journal both are errors.
 */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (thrown) {
    process.exitCode = 1;
    const error = asProblem(thrown);
    const text = isStackProblem(error) ? `\n${error.sentence}\n` : `${inspect(error)}\n`;
    process.stderr.write(marker(2)('error', text));
  }
}
