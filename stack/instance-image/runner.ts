/**
 * The runner in a container beside the instance (the service `runner` of compose.yaml): registers as root, then
 * becomes the runner's program as a user without privileges, in the group of the engine's socket.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, runCommand } from '../command.ts';
import { messageOf, StackProblem } from '../problem.ts';
import { runnerCommand } from '../runners.ts';
import { giveToRunner, registerRunner } from '../service/registration.ts';
import { SERVICE_RUNNER } from '../service/runner-settings.ts';
import { INSTANCE_STATE, RUNNER_STATE, RUNNER_USER } from '../service/units.ts';
import { readSettings } from '../settings.ts';

/** Where compose.yaml mounts the engine's socket. */
const SOCKET = '/var/run/docker.sock';

/** The group that may use the engine. @throws StackProblem `engine_missing` */
async function engineGroup(): Promise<number> {
  try {
    return (await stat(SOCKET)).gid;
  } catch (error) {
    throw new StackProblem(
      'engine_missing',
      `The engine's socket is not in this container (${messageOf(error)})`,
      `mount it at ${SOCKET}, as compose.yaml does`,
      { cause: error },
    );
  }
}

await runCommand(async () => {
  const [, , url] = process.argv;
  if (url === undefined || process.execve === undefined) {
    throw new StackProblem('arguments_invalid', 'The URL of the instance is missing', 'see compose.yaml');
  }
  // The engine mounts folders of this one into builds, so its path is the same on the host.
  const folder = process.env.APPFLUX_RUNNER_STATE || RUNNER_STATE;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DOCKER_HOST: `unix://${SOCKET}`,
    HOME: folder,
    TMPDIR: join(folder, 'tmp'),
  };
  const settings = readSettings({ ...env, APPFLUX_STATE: folder }, ROOT);
  const group = await engineGroup();
  await mkdir(join(folder, 'tmp'), { recursive: true, mode: 0o700 });
  await registerRunner({ settings, instanceState: INSTANCE_STATE, url, env });
  await giveToRunner([folder, join(folder, 'tmp')]);
  const runner = runnerCommand(settings, SERVICE_RUNNER, env);
  const drop = [`--reuid=${RUNNER_USER}`, `--regid=${RUNNER_USER}`, `--groups=${group}`, '--inh-caps=-all'];
  const program = [process.execPath, ...runner.args, 'start', '--state', runner.state];
  // The same process, so that the engine signals the runner itself.
  return process.execve('/usr/bin/setpriv', ['setpriv', ...drop, ...program], runner.env);
});
