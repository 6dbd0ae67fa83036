/** Opens a recorded state with the current program. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import { publicUrl } from '../../stack/edge/config.ts';
import { startEdge } from '../../stack/edge/process.ts';
import { edgeConfig } from '../../stack/instance.ts';
import { readSettings, type Settings } from '../../stack/settings.ts';
import { keepSecrets } from '../../stack/state.ts';
import { openState } from '../../stack/state-format.ts';
import { edgeBundle, freePort } from '../instance/edge.ts';
import { Facts } from './facts.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const RECORDED = join(import.meta.dirname, 'recorded');

/** The versions whose state is recorded. */
export const recordedVersions = (): Promise<string[]> => readdir(RECORDED);

export interface OpenedState {
  readonly url: string;
  readonly operatorSecret: string;
  readonly facts: Facts;
  readonly settings: Settings;
  stop(): Promise<void>;
}

/** Unpacks the state of a version into `folder` and starts the control plane on it, as `npm start` does. */
export async function openRecordedState(version: string, folder: string): Promise<OpenedState> {
  const recorded = join(RECORDED, version);
  await execa('tar', ['-xzf', join(recorded, 'state.tar.gz'), '-C', folder]);
  await extendExpiry(join(folder, 'edge', 'd1'));
  const facts = Facts.parse(JSON.parse(await readFile(join(recorded, 'facts.json'), 'utf8')));
  const port = await freePort();
  const settings = readSettings(
    { APPFLUX_STATE: folder, APPFLUX_PORT: String(port), APPFLUX_ALLOW_PRIVATE_SOURCES: '1' },
    ROOT,
  );
  const unlock = await openState(folder, ROOT);
  const secrets = await keepSecrets(folder);
  const config = edgeConfig(settings, secrets, ROOT, await edgeBundle());
  const edge = await startEdge(config, { env: process.env, logFile: join(folder, 'logs', 'edge.log') });
  return {
    url: publicUrl(port),
    operatorSecret: secrets.operatorSecret,
    facts,
    settings,
    stop: async () => {
      await edge.stop(5_000);
      unlock();
    },
  };
}

/** Whether the runner of a version is recorded: its sources, and its registration in the state. */
export const hasRunner = (version: string): boolean => existsSync(join(RECORDED, version, 'runner.tar.gz'));

/**
 * Unpacks the runner of a version into `folder`, where it finds the packages of this checkout, and its own protocol.
 * @returns the path of its program
 */
export async function unpackRunner(version: string, folder: string): Promise<string> {
  await execa('tar', ['-xzf', join(RECORDED, version, 'runner.tar.gz'), '-C', folder]);
  const packages = join(ROOT, 'node_modules');
  const own = join(folder, 'node_modules');
  await mkdir(join(own, '@appflux'), { recursive: true });
  for (const name of await readdir(packages)) {
    if (name !== '@appflux') await symlink(join(packages, name), join(own, name));
  }
  for (const part of ['protocol', 'detection']) {
    if (existsSync(join(folder, part))) await symlink(join(folder, part), join(own, '@appflux', part));
  }
  const programs = ['runner/src/commands/cli.ts', 'runner/src/cli.ts'].map((path) => join(folder, path));
  const program = programs.find(existsSync);
  if (program === undefined) throw new Error(`the recording of ${version} has no runner`);
  return program;
}

/** Tokens and sessions of a recording expire while it is stored: this extends them far into the future. */
async function extendExpiry(databases: string): Promise<void> {
  for (const name of await readdir(databases, { recursive: true })) {
    if (!name.endsWith('.sqlite') || name.endsWith('metadata.sqlite')) continue;
    const database = new DatabaseSync(join(databases, name));
    for (const table of ['tokens', 'refresh_tokens']) {
      database.exec(
        `UPDATE ${table} SET expires_at = '2999-01-01T00:00:00.000Z' WHERE expires_at IS NOT NULL`,
      );
    }
    database.close();
  }
}
