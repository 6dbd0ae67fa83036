/** The MongoDB backend of metadata as in the Worker: in workerd, behind its object, with a database of its own. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Metadata } from '../../edge/src/metadata/metadata.ts';
import type { Answer, Call } from '../../edge/src/metadata/mongo/call.ts';
import { remoteMetadata } from '../../edge/src/metadata/mongo/remote.ts';
import { publicUrl } from '../../stack/edge/config.ts';
import { startEdge } from '../../stack/edge/process.ts';
import { edgeBundle, edgeConfig, freePort } from '../instance/edge.ts';

/**
 * Our Worker with another entry point that passes calls on to the object, as ours does. A Map is sent as its entries.
 */
const ENTRY = `export * from './index.js';
export default {
  async fetch(request, env) {
    try {
      const answer = await env.MONGO.getByName('metadata').call(JSON.parse(await request.text()));
      return new Response(JSON.stringify(answer, (_, value) => (value instanceof Map ? { entries: [...value] } : value)));
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};`;

const revive = (_: string, value: unknown) =>
  value !== null && typeof value === 'object' && 'entries' in value && Array.isArray(value.entries)
    ? new Map(value.entries)
    : value;

export interface BackendInWorkerd {
  metadata: Metadata;
  /** Deletes all records; indexes stay. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the Worker with that database. It connects to MongoDB only when metadata is used. */
export async function backendInWorkerd(uri: string): Promise<BackendInWorkerd> {
  const state = await mkdtemp(join(tmpdir(), 'appflux-backend-'));
  const bundle = await edgeBundle({ mongodb: true });
  const main = join(state, 'bundle', 'out', 'entry.js');
  await cp(dirname(bundle), dirname(main), { recursive: true });
  await writeFile(main, ENTRY);
  const config = edgeConfig({ main, state, port: await freePort(), variables: { MONGODB_URI: uri } });
  const edge = await startEdge(config, { env: process.env, logFile: join(state, 'edge.log') });
  const client = new MongoClient(uri);
  const call = async (call: Call): Promise<Answer> => {
    const response = await fetch(publicUrl(config.port), { method: 'POST', body: JSON.stringify(call) });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return JSON.parse(text, revive);
  };
  return {
    metadata: remoteMetadata(() => ({ call })),
    empty: async () => {
      for (const { name } of await client.db().listCollections().toArray()) {
        await client.db().collection(name).deleteMany({});
      }
    },
    stop: async () => {
      await client.close();
      await edge.stop(5_000);
      await rm(state, { recursive: true, force: true });
    },
  };
}
