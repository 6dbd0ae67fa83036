/**
 * Backs up an instance that is deployed to Cloudflare: D1 by an export, the bucket over S3, MongoDB over its protocol.
 * Durable Objects can't be exported; every deployment that has ended is in metadata and storage.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { z } from 'zod';
import { deployedConfig } from '../deploy/generated.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { readWranglerConfig } from '../wrangler/config.ts';
import { foreignBucket } from './bucket.ts';
import { mongoMetadata } from './capture/mongo.ts';
import { bucketObjects } from './capture/objects.ts';
import { Repository, readHeader } from './format/repository.ts';
import { SnapshotWriter } from './format/write.ts';
import type { Protection, Unlock } from './key.ts';
import { type Made, newSnapshotId } from './make.ts';
import { type BackupStore, bytesIn } from './store/store.ts';

/** Where the export of a metadata database is in a snapshot, by its number. */
const exportPath = (number: number): string => `cloudflare/d1${number === 0 ? '' : `-${number}`}.sql`;

/** The number of the database that a file of a snapshot is an export of; null if it is none. */
export function exportedDatabase(path: string): number | null {
  const match = /^cloudflare\/d1(?:-([1-7]))?\.sql$/.exec(path);
  return match === null ? null : Number(match[1] ?? 0);
}

/** What can be stored of an instance's secrets, if it is in the environment: Cloudflare never gives them back. */
const SECRETS = ['SEALING_KEY', 'SEALING_KEY_PREVIOUS', 'OPERATOR_SECRET'] as const;

export interface DeployedBackup {
  readonly root: string;
  readonly store: BackupStore;
  readonly protection: Protection | null;
  readonly unlock: Unlock;
  readonly keep: number | undefined;
  /** Has the S3_… variables of the bucket, MONGODB_URI if the instance has it, and what wrangler needs. */
  readonly env: NodeJS.ProcessEnv;
  readonly detail: (text: string) => void;
}

/** Makes a snapshot. @throws StackProblem */
export async function backUpDeployed(backup: DeployedBackup): Promise<Omit<Made, 'unreported'>> {
  const { env, store, keep, detail } = backup;
  const bucket = foreignBucket({ ...stringsOf(env), STORAGE_DRIVER: 's3' });
  if (bucket === null) throw new Error('STORAGE_DRIVER is set');
  const folder = await mkdtemp(join(tmpdir(), 'appflux-deployed-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  cleanup.defer(() => store.close());
  const repository = await openOrCreate(backup);
  const newest = (await repository.snapshots()).at(-1);
  const previous = newest === undefined ? null : await repository.manifest(newest);
  const writer = new SnapshotWriter(repository, previous, await repository.packs());

  // Objects, what names them, and the objects that came meanwhile: so each one that is named is there.
  const objects = bucketObjects(bucket, detail);
  await objects.before(writer);
  const at = new Date().toISOString();
  if (env.MONGODB_URI) {
    const metadata = mongoMetadata(env.MONGODB_URI, join(folder, 'mongo'));
    await metadata.before(writer);
    detail('metadata');
    await metadata.during();
    await metadata.after(writer);
  } else {
    // The directory first: what it names in other databases is there when they are exported.
    for (const [number, name] of databasesIn(deployedConfig(backup.root)).entries()) {
      detail(`exporting the D1 database ${name}`);
      const sql = join(folder, `d1-${number}.sql`);
      await exportD1(backup, name, sql);
      await writer.add({ path: exportPath(number), kind: 'file' }, createReadStream(sql));
    }
  }
  await objects.after(writer);
  const secrets = Object.fromEntries(
    SECRETS.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])),
  );
  await writer.add({ path: 'settings.json', kind: 'file' }, textOf(JSON.stringify(secrets)));
  const id = newSnapshotId(new Date());
  const about = { id, at, source: 'cloudflare', running: true, pausedMs: 0 } as const;
  const written = await writer.finish({ ...about, missing: [] });
  const { removed } = keep === undefined ? { removed: [] } : await repository.prune(keep);
  const bytes = await bytesIn(store);
  return { ...written, id, at, pausedMs: 0, missing: [], running: true, removed, bytes };
}

async function openOrCreate({ store, protection, unlock }: DeployedBackup): Promise<Repository> {
  if ((await readHeader(store)) !== null) return Repository.open(store, unlock);
  if (protection !== null) return Repository.create(store, protection);
  throw new StackProblem(
    'arguments_invalid',
    'A new backup needs something to protect it',
    'set APPFLUX_BACKUP_PASSPHRASE, or give --passphrase-file FILE or --recipient age1…',
  );
}

/** The names of the databases that a configuration has, in the order of their numbers. */
function databasesIn(config: string): string[] {
  const databases = z.array(z.looseObject({ database_name: z.string() })).min(1);
  return databases
    .parse(readWranglerConfig(config).config.d1_databases)
    .map(({ database_name: name }) => name);
}

/** Has wrangler export a deployed database. Source: https://developers.cloudflare.com/d1/best-practices/import-export-data/ */
async function exportD1({ root, env }: DeployedBackup, name: string, into: string): Promise<void> {
  const config = deployedConfig(root);
  const wrangler = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const args = [wrangler, 'd1', 'export', name, '--remote', '--output', into, '--config', config];
  const result = await execa(process.execPath, args, {
    cwd: root,
    // wrangler would look for a newer version of itself, and leave what it found in the temporary folder.
    env: { ...env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', NO_COLOR: '1' },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (!result.failed) return;
  throw new StackProblem(
    'backup_failed',
    `wrangler could not export D1 (${lastLines(result.all, 6)})`,
    'run "npx wrangler login", or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID',
  );
}

const stringsOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value ? [[name, value] as const] : [])));

async function* textOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
