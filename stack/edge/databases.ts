/** The D1 databases of an instance on this machine: those of wrangler.toml, and further ones for metadata if it has several. */
import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FURTHER_DATABASES } from '../../edge/src/metadata/further-databases.ts';
import { StackProblem } from '../problem.ts';
import { readWranglerConfig } from '../wrangler/config.ts';
import type { EdgeConfig } from './config.ts';

/** What is read of wrangler.toml. */
const Tracked = z.array(
  z.looseObject({
    binding: z.string(),
    database_id: z.string().optional(),
    preview_database_id: z.string().optional(),
    migrations_dir: z.string().optional(),
  }),
);

/** The binding of the database that further ones stand beside. */
const METADATA = 'METADATA';

export interface LocalDatabase {
  readonly binding: string;
  readonly id: string;
  /** The folder of its migrations, absolute; null if it has none. */
  readonly migrations: string | null;
}

/** What says which databases an instance has. */
export type WithDatabases = Pick<EdgeConfig, 'wranglerConfig' | 'metadataDatabases'>;

/** All databases, each before those that are named after it. */
export function localDatabases({ wranglerConfig, metadataDatabases = 1 }: WithDatabases): LocalDatabase[] {
  const tracked = Tracked.parse(readWranglerConfig(wranglerConfig).config.d1_databases);
  return tracked.flatMap(({ binding, database_id, preview_database_id, migrations_dir }) => {
    const id = preview_database_id ?? database_id ?? '';
    const migrations = migrations_dir === undefined ? null : join(dirname(wranglerConfig), migrations_dir);
    const further = binding === METADATA ? FURTHER_DATABASES.slice(0, metadataDatabases - 1) : [];
    return [
      { binding, id, migrations },
      ...further.map((name, index) => ({ binding: name, id: furtherId(id, index + 1), migrations })),
    ];
  });
}

/** The databases as Miniflare binds them. */
export const boundDatabases = (config: WithDatabases): Record<string, { id: string }> =>
  Object.fromEntries(localDatabases(config).map(({ binding, id }) => [binding, { id }]));

const furtherId = (id: string, number: number): string => `${id}-metadata-${number}`;

/**
 * Refuses fewer databases than the instance has had: the teams in the others could not be read.
 * @throws StackProblem `settings_invalid`
 */
export function refuseFewer({
  persist,
  metadataDatabases = 1,
  ...config
}: WithDatabases & Pick<EdgeConfig, 'persist'>): void {
  const all = localDatabases({ ...config, metadataDatabases: FURTHER_DATABASES.length + 1 });
  const further = all.filter(({ binding }) => (FURTHER_DATABASES as readonly string[]).includes(binding));
  const had = 1 + further.findLastIndex(({ id }) => existsSync(databaseFile(persist, id))) + 1;
  if (had <= metadataDatabases) return;
  throw new StackProblem(
    'settings_invalid',
    `The instance has ${had} metadata databases, and APPFLUX_METADATA_DATABASES is ${metadataDatabases}`,
    `set APPFLUX_METADATA_DATABASES to ${had} or more: teams don’t move between databases`,
  );
}

/** The file that a local D1 database is stored in: Miniflare names it by the ID of its Durable Object. */
export function databaseFile(persist: string, databaseId: string): string {
  const object = 'miniflare-D1DatabaseObject';
  const key = createHash('sha256').update(object).digest();
  const sign = (data: string | Buffer) => createHmac('sha256', key).update(data).digest().subarray(0, 16);
  const name = sign(databaseId);
  return join(persist, 'd1', object, `${Buffer.concat([name, sign(name)]).toString('hex')}.sqlite`);
}
