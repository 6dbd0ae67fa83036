/** The runner's service: becomes the runner's program, with the settings of the instance. */
import { ROOT, runCommand } from '../command.ts';
import { StackProblem } from '../problem.ts';
import { runnerCommand } from '../runners.ts';
import { runnerSettings, SERVICE_RUNNER } from './runner-settings.ts';

await runCommand(async () => {
  const { args, state, env } = runnerCommand(runnerSettings(process.env, ROOT), SERVICE_RUNNER, process.env);
  if (process.execve === undefined) {
    throw new StackProblem(
      'service_failed',
      'This Node is too old',
      'run "npm run service -- install" again',
    );
  }
  // The same process, so that systemd supervises and signals the runner itself.
  return process.execve(process.execPath, [process.execPath, ...args, 'start', '--state', state], env);
});
