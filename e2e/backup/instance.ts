/** An instance as `npm start` runs it, without its engine and its runners: a state folder, and a control plane on it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { controlPlane } from '../../stack/control-plane.ts';
import { publicUrl } from '../../stack/edge/config.ts';
import { startEdge } from '../../stack/edge/process.ts';
import { edgeConfig } from '../../stack/instance.ts';
import { readSettings } from '../../stack/settings.ts';
import { keepSecrets, makeStateFolder } from '../../stack/state.ts';
import { openState } from '../../stack/state-format.ts';
import { edgeBundle, freePort } from '../instance/edge.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const PASSPHRASE = 'a passphrase of the drill';
const TOKEN = 'bootstrap-token-of-the-backup-drill-0001';

export interface LocalInstance {
  readonly state: string;
  readonly url: string;
  /** An API token of the owner. */
  readonly token: string;
  /** Kills it without a word. */
  kill(): Promise<void>;
}

/** Starts a control plane on a state folder, which is made when it is not there. `env` has further settings. */
export async function startOn(state: string, env: Record<string, string> = {}): Promise<LocalInstance> {
  const port = await freePort();
  const settings = readSettings({ ...env, APPFLUX_STATE: state, APPFLUX_PORT: String(port) }, ROOT);
  await makeStateFolder(state);
  const unlock = await openState(state, ROOT);
  const secrets = await keepSecrets(state);
  const main = await edgeBundle({ mongodb: settings.passedOn.MONGODB_URI !== undefined });
  const config = edgeConfig(settings, secrets, ROOT, main);
  const edge = await startEdge(config, { env: process.env, logFile: join(state, 'logs', 'edge.log') });
  const url = publicUrl(port);
  await controlPlane(url, secrets.operatorSecret).setUp(TOKEN);
  return {
    state,
    url,
    token: TOKEN,
    kill: async () => {
      await edge.stop(0);
      unlock();
    },
  };
}

export interface Ran {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs `npm run backup` or `npm run restore` for a state folder, as the bootstrap does. */
export async function run(
  command: 'backup' | 'restore',
  state: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const { exitCode, all } = await execa(process.execPath, [join(ROOT, 'stack', `${command}.ts`), ...args], {
    cwd: ROOT,
    env: { APPFLUX_STATE: state, APPFLUX_BACKUP_PASSPHRASE: PASSPHRASE, ...env },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  return { exitCode: exitCode ?? -1, output: all };
}

/** Ends an instance and removes all that it had: the machine is gone. */
export async function lose(instance: LocalInstance): Promise<void> {
  await instance.kill();
  await rm(instance.state, { recursive: true, force: true });
}
