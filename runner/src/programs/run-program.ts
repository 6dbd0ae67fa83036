/**
 * Runs short programs of the host that each build needs. Starting one from this process copies the tables of all its
 * memory (fork(2)), which blocks it for up to ten milliseconds each time; so a small shell starts them, which is started
 * once.
 */
import { ProgramShell } from './program-shell.ts';

let shell: ProgramShell | null = null;

/**
 * Runs a program to its end, in English. It reads nothing.
 * @param program a path, or a name on PATH or of a daemon
 * @throws {ProgramFailure} if it doesn't end with 0, or can't be started
 */
export async function runProgram(program: string, args: readonly string[]): Promise<void> {
  if (shell === null || shell.hasEnded) shell = new ProgramShell();
  await shell.run([program, ...args]);
}
