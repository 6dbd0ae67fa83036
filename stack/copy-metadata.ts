/**
 * Copies a local instance's metadata from one backend to the other. The instance must not be running.
 *
 * npm run metadata:copy -- --from d1 --to mongo MONGODB_URI names the database, APPFLUX_STATE the instance
 * npm run metadata:copy -- --from mongo --to d1
 *
 * It can be interrupted and run again. It succeeds only if both hold the same.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Miniflare } from 'miniflare';
import { COLLECTIONS, type Copyable, copyCollection } from '../edge/src/metadata/copy/copy.ts';
import { d1Copyable, unfinishedIn } from '../edge/src/metadata/copy/d1.ts';
import { mongoCopyable } from '../edge/src/metadata/copy/mongo.ts';
import { shardedCopyable } from '../edge/src/metadata/copy/sharded.ts';
import { FURTHER_DATABASES } from '../edge/src/metadata/further-databases.ts';
import { connect } from '../edge/src/metadata/mongo/connection.ts';
import { addressesOf } from './addresses/addresses.ts';
import { ROOT, runCommand } from './command.ts';
import { applyMigrations } from './edge/apply-migrations.ts';
import { databaseOptions } from './edge/database-options.ts';
import { refuseFewer } from './edge/databases.ts';
import { messageOf, StackProblem } from './problem.ts';
import { progressOn } from './progress.ts';
import { readSettings, type Settings } from './settings.ts';
import { makeStateFolder, statePaths } from './state.ts';
import { openState } from './state-format.ts';

const progress = progressOn(process.stdout);

/** The database of the state folder, without the rest of the instance: no object wakes and runs its pending tasks. */
async function openD1(
  { state, metadataDatabases }: Settings,
  cleanup: AsyncDisposableStack,
): Promise<Copyable> {
  const config = {
    wranglerConfig: join(ROOT, 'wrangler.toml'),
    persist: statePaths(state).edge,
    metadataDatabases,
  };
  refuseFewer(config);
  const miniflare = new Miniflare(databaseOptions(config));
  cleanup.defer(() => miniflare.dispose());
  await miniflare.ready;
  await applyMigrations(miniflare, config);
  const open = async (binding: string) => {
    const database = await miniflare.getD1Database(binding);
    if ((await unfinishedIn(database)) === 0) return d1Copyable(database);
    throw new StackProblem(
      'edge_failed',
      'A deletion or a release was interrupted between two databases',
      'start the instance, which finishes it, and stop it again after a minute',
    );
  };
  const further = FURTHER_DATABASES.slice(0, metadataDatabases - 1);
  return shardedCopyable(await open('METADATA'), await Promise.all(further.map(open)));
}

async function openMongo(settings: Settings, cleanup: AsyncDisposableStack): Promise<Copyable> {
  const uri = settings.passedOn.MONGODB_URI;
  if (uri === undefined) {
    throw new StackProblem(
      'settings_invalid',
      'MONGODB_URI is not set',
      'set it to the database to copy from or to',
    );
  }
  try {
    const { client, database } = await connect(uri);
    cleanup.defer(() => client.close());
    return mongoCopyable(client.db(database), addressesOf(settings).publicUrl);
  } catch (error) {
    throw new StackProblem(
      'edge_failed',
      `MongoDB is not reachable (${messageOf(error)})`,
      'check MONGODB_URI, then try again',
      { cause: error },
    );
  }
}

const BACKENDS = { d1: openD1, mongo: openMongo };

function backendsOf(args: string[]): { from: keyof typeof BACKENDS; to: keyof typeof BACKENDS } {
  const options = { from: { type: 'string' }, to: { type: 'string' } } as const;
  const { from, to } = parseArgs({ args, options }).values;
  const isBackend = (name: string | undefined): name is keyof typeof BACKENDS =>
    name !== undefined && Object.hasOwn(BACKENDS, name);
  if (isBackend(from) && isBackend(to) && from !== to) return { from, to };
  throw new StackProblem(
    'arguments_invalid',
    'Missing --from and --to',
    'run "npm run metadata:copy -- --from d1 --to mongo", or with both swapped',
  );
}

await runCommand(async () => {
  const { from, to } = backendsOf(process.argv.slice(2));
  const settings = readSettings(process.env, ROOT);
  await using cleanup = new AsyncDisposableStack();
  await makeStateFolder(settings.state);
  cleanup.defer(await openState(settings.state, ROOT));
  const source = await BACKENDS[from](settings, cleanup);
  const target = await BACKENDS[to](settings, cleanup);
  const different: string[] = [];
  for (const collection of COLLECTIONS) {
    const copied = await copyCollection(source, target, collection);
    const same = copied.from.sha256 === copied.to.sha256;
    progress.say(
      `${collection.padEnd(16)} ${from} ${copied.from.count} ${copied.from.sha256}  ${to} ${copied.to.count} ${copied.to.sha256}  ${same ? 'same' : 'DIFFERENT'}`,
    );
    if (!same) different.push(collection);
  }
  if (different.length > 0) {
    throw new StackProblem(
      'edge_failed',
      `${different.join(', ')} differ: ${to} has data that ${from} does not have`,
      `copy into an empty ${to}, while nothing writes to either`,
    );
  }
  progress.say(`Copied everything from ${from} to ${to}.`);
  return 0;
});
