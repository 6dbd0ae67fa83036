/** Caddy, the proxy that ends TLS: found or installed, started, and awaited. */
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type Child, startChild } from '../child.ts';
import { ROOT } from '../command.ts';
import { firstExisting, installPackages, switchOffServices } from '../debian.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { during, type Progress } from '../progress.ts';

const LISTENS_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** Caddy's program where it is installed, else null. */
export const findCaddy = (): string | null => firstExisting('/usr/bin/caddy', '/usr/local/bin/caddy');

/**
 * Caddy's program, installed where that can be done.
 * @throws StackProblem `package_missing`
 */
export async function ensureCaddy(progress: Progress, signal: AbortSignal): Promise<string> {
  const found = findCaddy();
  if (found !== null) return found;
  await during(progress, 'Installing Caddy, which ends TLS', async (task) => {
    await installPackages(['caddy'], task, signal);
    await switchOffServices(['caddy.service']);
  });
  const installed = findCaddy();
  if (installed !== null) return installed;
  throw new StackProblem('package_missing', 'The package caddy has no program', 'install Caddy 2.6 or newer');
}

export interface CaddyRun {
  readonly program: string;
  /** What `caddyConfig` gives. */
  readonly config: object;
  /** Where it is written, absolute: it holds the secret part of a URL. */
  readonly configFile: string;
  readonly logFile: string;
  /** As in the config. */
  readonly adminSocket: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where it is to listen. */
  readonly host: string;
  readonly port: number;
}

/**
 * Starts Caddy and waits until it listens.
 * @throws StackProblem `proxy_failed`
 */
export async function startCaddy(run: CaddyRun): Promise<Child> {
  const folder = dirname(run.configFile);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fresh = `${run.configFile}.${process.pid}`;
  await writeFile(fresh, JSON.stringify(run.config, null, 2), { mode: 0o600 });
  await chmod(fresh, 0o600);
  await rename(fresh, run.configFile);
  // A Caddy that was killed has left it.
  await rm(run.adminSocket, { force: true });
  const child = await startChild({
    // prctl(2), PR_SET_PDEATHSIG: it ends with a start that was killed.
    command: 'setpriv',
    args: ['--pdeathsig', 'TERM', run.program, 'run', '--config', run.configFile],
    cwd: ROOT,
    env: { ...run.env, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    logFile: run.logFile,
  });
  const ended = await Promise.race([listens(run.host, run.port, child.ended), child.ended]);
  if (ended === true) return child;
  const reason = ended === false ? 'it does not listen' : `${ended}: ${lastLines(await child.output(), 1)}`;
  await child.stop(1_000);
  throw new StackProblem('proxy_failed', `Caddy did not start (${reason})`, `see ${run.logFile}`);
}

/**
 * Has a running Caddy load its configuration and files again. Its ports stay open; requests in progress end first,
 * within the grace period, and WebSockets are closed.
 * @throws StackProblem `proxy_failed`
 */
export async function reloadCaddy(run: CaddyRun): Promise<void> {
  const address = ['--address', `unix/${run.adminSocket}`];
  // Forced, because the configuration is the same and only files that it names have changed.
  const args = ['reload', '--force', '--config', run.configFile, ...address];
  const result = await execa(run.program, args, { env: run.env, stdin: 'ignore', all: true, reject: false });
  if (!result.failed) return;
  throw new StackProblem(
    'proxy_failed',
    `Caddy could not load its files again (${lastLines(result.all, 1)})`,
    `see ${run.logFile}`,
    { cause: result },
  );
}

/** Whether something accepts connections before the time is up or the child has ended. */
async function listens(host: string, port: number, childEnded: Promise<unknown>): Promise<boolean> {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const deadline = performance.now() + LISTENS_WITHIN_MS;
  let ended = false;
  void childEnded.then(() => {
    ended = true;
  });
  while (performance.now() < deadline && !ended) {
    if (await accepts(address, port)) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}

const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
