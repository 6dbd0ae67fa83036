/** Starts the process that prepares a start (run.ts), and ends it with the command. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { LONG_LIVED } from '../long-lived.ts';
import { StackProblem } from '../problem.ts';
import { type Prepared, PreparedMessage } from './message.ts';

/**
 * Prepares what an instance is made of. `cleanup` ends what was begun, and an engine that was started for it.
 * @param env with the settings of the command
 * @throws StackProblem of what is missing, or `engine_failed` if the process ends without a word
 */
export async function prepare(env: NodeJS.ProcessEnv, cleanup: AsyncDisposableStack): Promise<Prepared> {
  const child = spawn(process.execPath, [...LONG_LIVED.flags, join(import.meta.dirname, 'run.ts')], {
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  cleanup.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const told = once(child, 'message').then(([message]) => PreparedMessage.parse(message));
  const first = await Promise.race([told, ended.then(() => null)]);
  if (first?.type === 'ready') return first;
  if (first !== null) throw new StackProblem(first.code, first.message, first.advice);
  throw new StackProblem(
    'engine_failed',
    'What the instance needs could not be prepared',
    'see what was printed above, and try again',
  );
}
