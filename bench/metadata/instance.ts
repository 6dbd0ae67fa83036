/** Instances with a team of a given size, on D1 or on MongoDB. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { d1Copyable } from '../../edge/src/metadata/copy/d1.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';
import { type CountedInstance, persistOf, startCountedInstance } from '../cost/instance.ts';
import { fill } from './fill.ts';
import { emptyMongo } from './mongo.ts';
import { type Size, type Team, teamOf } from './records.ts';
import { openFile } from './sqlite.ts';

export interface FilledInstance {
  readonly instance: CountedInstance;
  readonly team: Team;
  stop(): Promise<void>;
}

/** An instance with its metadata in D1. Its database is filled while it does not run. */
export async function filledOnD1(size: Size, progress: (text: string) => void): Promise<FilledInstance> {
  const state = await mkdtemp(join(tmpdir(), 'appflux-bench-'));
  const first = await startCountedInstance({ state });
  const team = teamOf(first.ownerId, size, Date.now());
  await first.stop();
  {
    using opened = await openFile(persistOf(state));
    await fill(d1Copyable(opened.database), team, progress);
  }
  const instance = await startCountedInstance({ state });
  return {
    instance,
    team,
    stop: async () => {
      await instance.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** An instance with its metadata in MongoDB, with the server's name; null if there is no server. */
export async function filledOnMongo(
  size: Size,
  progress: (text: string) => void,
): Promise<(FilledInstance & { server: string }) | null> {
  const server = await mongoForTests(process.env);
  if (server === null) return null;
  const instance = await startCountedInstance({ variables: { MONGODB_URI: server.uri } });
  const team = teamOf(instance.ownerId, size, Date.now());
  await using client = new MongoClient(server.uri);
  await fill(emptyMongo(client.db(), instance.url), team, progress);
  return {
    instance,
    team,
    server: server.name,
    stop: async () => {
      await instance.stop();
      await server.stop();
    },
  };
}
