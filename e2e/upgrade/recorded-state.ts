/** Opens a recorded state with the current program. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import { publicUrl } from '../../stack/edge/config.ts';
import { type RunningEdge, startEdge } from '../../stack/edge/process.ts';
import { edgeConfig } from '../../stack/instance.ts';
import { readSettings } from '../../stack/settings.ts';
import { keepSecrets } from '../../stack/state.ts';
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
  readonly edge: RunningEdge;
}

/** Unpacks the state of a version into `folder` and starts the control plane on it, as `npm start` does. */
export async function openRecordedState(version: string, folder: string): Promise<OpenedState> {
  const recorded = join(RECORDED, version);
  await execa('tar', ['-xzf', join(recorded, 'state.tar.gz'), '-C', folder]);
  await extendExpiry(join(folder, 'edge', 'd1'));
  const port = await freePort();
  const settings = readSettings({ APPFLUX_STATE: folder, APPFLUX_PORT: String(port) }, ROOT);
  const secrets = await keepSecrets(folder);
  const config = edgeConfig(settings, secrets, ROOT, await edgeBundle());
  const edge = await startEdge(config, { env: process.env, logFile: join(folder, 'logs', 'edge.log') });
  const facts = Facts.parse(JSON.parse(await readFile(join(recorded, 'facts.json'), 'utf8')));
  return { url: publicUrl(port), operatorSecret: secrets.operatorSecret, facts, edge };
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
