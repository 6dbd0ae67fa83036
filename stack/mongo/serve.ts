/**
 * The MongoDB for the metadata tests: the one that MONGODB_URI names, else the FerretDB of install.ts on a folder of
 * its own, else a container of mongo:8. A test run has a database to itself, which is dropped at the end.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { MongoClient } from 'mongodb';
import { freePort } from '../free-port.ts';
import { lastLines } from '../problem.ts';
import { startMongoContainer } from './container.ts';
import { findFerretDb } from './install.ts';

/** How long the server may take to listen, in milliseconds. */
const STARTS_WITHIN_MS = 20_000;

export interface MongoForTests {
  name: string;
  uri: string;
  stop(): Promise<void>;
}

/** A server with an empty database, or null if there is none. */
export async function mongoForTests(env: NodeJS.ProcessEnv): Promise<MongoForTests | null> {
  const database = `appflux_test_${randomBytes(6).toString('hex')}`;
  const configured = env.MONGODB_URI;
  if (configured !== undefined && configured !== '') {
    const uri = withDatabase(configured, database);
    return { name: 'MONGODB_URI', uri, stop: () => drop(uri) };
  }
  const program = await findFerretDb();
  if (program !== null) {
    const server = await startFerretDb(program);
    return { name: 'FerretDB', uri: server.uri(database), stop: server.remove };
  }
  const container = await startMongoContainer(env);
  if (container === null) return null;
  return { name: 'mongo:8', uri: withDatabase(container.uri, database), stop: container.stop };
}

/** The same server with another database. */
function withDatabase(uri: string, database: string): string {
  const url = new URL(uri);
  url.pathname = `/${database}`;
  return url.href;
}

async function drop(uri: string): Promise<void> {
  await using client = new MongoClient(uri);
  await client.db().dropDatabase();
}

export interface FerretDb {
  uri(database: string): string;
  /** Kills it; `start` restarts it on the same port with its data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** Starts FerretDB on a free port of this machine, without data. */
export async function startFerretDb(program: string): Promise<FerretDb> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-ferretdb-'));
  const port = await freePort();
  let running: { kill(signal: 'SIGKILL'): boolean; ended: Promise<unknown> } | null = null;
  const kill = async () => {
    running?.kill('SIGKILL');
    await running?.ended;
    running = null;
  };
  const start = async () => {
    const child = execa(
      program,
      [
        '--handler=sqlite',
        `--sqlite-url=file:${folder}/`,
        `--state-dir=${folder}`,
        `--listen-addr=127.0.0.1:${port}`,
        '--debug-addr=-',
        '--telemetry=disable',
        '--log-level=error',
      ],
      { stdin: 'ignore', all: true, reject: false },
    );
    running = { kill: (signal) => child.kill(signal), ended: child };
    await Promise.race([
      listening(port),
      child.then((ended) => {
        throw new Error(`FerretDB ended: ${lastLines(ended.all ?? '')}`);
      }),
    ]);
  };
  const remove = async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  // One connection: unlike MongoDB, FerretDB does not serialize updates of one document from two connections.
  return { uri: (database) => `mongodb://127.0.0.1:${port}/${database}?maxPoolSize=1`, kill, start, remove };
}

async function listening(port: number): Promise<void> {
  const until = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < until) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.end());
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`FerretDB did not listen within ${STARTS_WITHIN_MS / 1000} s`);
}
