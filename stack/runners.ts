/** The local runners: registered once, run with each start. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runner, UpdateRunner } from '@appflux/protocol';
import { execa } from 'execa';
import { z } from 'zod';
import { addressesOf } from './addresses/addresses.ts';
import { type Child, startChild } from './child.ts';
import { ROOT } from './command.ts';
import type { ControlPlane } from './control-plane.ts';
import { LONG_LIVED } from './long-lived.ts';
import { isStackProblem, lastLines, StackProblem } from './problem.ts';
import type { Settings } from './settings.ts';
import { statePaths } from './state.ts';

/** The fields that are read from a runner's own `runner.json`. */
const Registration = z.object({ id: z.string(), url: z.string() });
type Registration = z.infer<typeof Registration>;

/** The names of the local runners. */
export function runnerNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `local-${index + 1}`);
}

/** Whether a runner must register: it never has, or it was removed since. */
export function mustRegister(
  registration: Pick<Registration, 'id'> | null,
  registered: readonly Pick<Runner, 'id'>[],
): boolean {
  return registration === null || !registered.some(({ id }) => id === registration.id);
}

/** Writes the instance's new URL into a runner's registration: the instance has moved, and knows the runner. */
async function followInstance(state: string, url: string): Promise<void> {
  const path = join(state, 'runner.json');
  const registration = z.looseObject({}).parse(JSON.parse(await readFile(path, 'utf8')));
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify({ ...registration, url }, null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  await rename(aside, path);
}

/** What to change in a runner's registration so that it matches the settings; null if it already does. */
export function registrationChange(
  { slots }: Pick<Runner, 'slots'>,
  settings: Pick<Settings, 'slots'>,
): UpdateRunner | null {
  return slots === settings.slots ? null : { slots: settings.slots };
}

/** A local runner's program, state folder and environment. */
export function runnerCommand(settings: Settings, name: string, env: NodeJS.ProcessEnv) {
  return {
    args: [join(ROOT, 'runner', 'src', 'commands', 'cli.ts')],
    state: statePaths(settings.state).runner(name),
    env: {
      ...LONG_LIVED.env,
      ...env,
      APPFLUX_ALLOW_PRIVATE_SOURCES: settings.allowPrivateSources ? '1' : '0',
      APPFLUX_STATE: settings.state,
      APPFLUX_RUNNER_SCAN: settings.scan,
      APPFLUX_RUNNER_PICTURES: settings.pictures,
      APPFLUX_RUNNER_PUBLIC_URL: addressesOf(settings).publicUrl,
      // An image that does not exist yet is built when a build first needs it.
      APPFLUX_RUNNER_IMAGE_COMMAND: imageCommand(),
    },
  };
}

/**
 * The program that builds a builder image, in the runner's format: words separated by spaces, with spaces in words
 * escaped.
 */
function imageCommand(): string {
  return [process.execPath, join(ROOT, 'stack', 'images.ts')]
    .map((word) => word.replaceAll(' ', '\\ '))
    .join(' ');
}

/**
 * Registers a runner unless the instance knows it; then it only sets the number of slots from the settings, and the URL of
 * an instance that has moved. Other changes to the registration are kept.
 * @param beforeNew called before it registers: a process that runs with the registration before must end
 * @throws StackProblem `runner_failed`
 */
export async function ensureRegistered(
  name: string,
  settings: Settings,
  url: string,
  edge: ControlPlane,
  env: NodeJS.ProcessEnv,
  beforeNew: () => Promise<void> = async () => undefined,
): Promise<void> {
  const runner = runnerCommand(settings, name, env);
  const registration = await readRegistration(runner.state);
  const registered = await edge.runners();
  const own = registered.find(({ id }) => id === registration?.id);
  if (own !== undefined && !mustRegister(registration, registered)) {
    if (registration?.url !== url) await followInstance(runner.state, url);
    const change = registrationChange(own, settings);
    if (change !== null) await edge.updateRunner(own.id, change);
    return;
  }
  await beforeNew();
  const token = await edge.registrationToken();
  const flags = ['--url', url, '--name', name, '--labels', 'linux', '--slots', String(settings.slots)];
  const result = await execa(
    process.execPath,
    [
      ...runner.args,
      'register',
      ...flags,
      '--state',
      runner.state,
      ...(registration === null ? [] : ['--replace']),
    ],
    // The token is a variable: every user of this machine could read an argument.
    { env: { ...runner.env, APPFLUX_RUNNER_TOKEN: token }, stdin: 'ignore', all: true, reject: false },
  );
  if (!result.failed) return;
  throw new StackProblem(
    'runner_failed',
    `The runner ${name} could not register (${lastLines(result.all)})`,
    'see edge.log in the logs folder of the state folder',
  );
}

/** Whether a runner was registered at the instance of this URL; it may have been removed since. */
export async function hasRegistered(name: string, settings: Settings, url: string): Promise<boolean> {
  const registration = await readRegistration(statePaths(settings.state).runner(name));
  return registration?.url === url;
}

/** Whether a runner was removed from the control plane since it registered. No answer does not count as removed. */
export async function wasRemoved(name: string, settings: Settings, edge: ControlPlane): Promise<boolean> {
  const registration = await readRegistration(statePaths(settings.state).runner(name));
  try {
    const registered = await edge.runners();
    return !registered.some(({ id }) => id === registration?.id);
  } catch (error) {
    if (isStackProblem(error, 'edge_failed')) return false;
    throw error;
  }
}

async function readRegistration(state: string): Promise<Registration | null> {
  try {
    return Registration.parse(JSON.parse(await readFile(join(state, 'runner.json'), 'utf8')));
  } catch {
    // Missing or invalid: in both cases it registers again.
    return null;
  }
}

/**
 * Starts a registered runner. It ends its builds and itself on a signal, or when this process is gone.
 * @param bundle what `bundleRunner` gives; null to run its sources
 */
export async function startRunner(
  name: string,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  bundle: string | null = null,
): Promise<Child> {
  const runner = runnerCommand(settings, name, env);
  return startChild({
    // prctl(2), PR_SET_PDEATHSIG: a killed start can't end its runners, the kernel can.
    command: 'setpriv',
    args: [
      '--pdeathsig',
      'TERM',
      process.execPath,
      ...LONG_LIVED.flags,
      ...(bundle === null ? runner.args : ['--enable-source-maps', bundle]),
      // The number of slots is part of its registration, so a change in the dashboard reaches it while it runs.
      'start',
      '--state',
      runner.state,
    ],
    cwd: ROOT,
    env: runner.env,
    logFile: join(statePaths(settings.state).logs, `${name}.log`),
  });
}
