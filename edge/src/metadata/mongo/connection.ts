/** The connection to MongoDB, and which failures of it say that MongoDB cannot be reached. */
import {
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { createIndexes } from './collections.ts';
import { drawBuildDays } from './draw-build-days.ts';
import { drawTriggers } from './draw-triggers.ts';

/** The database, unless MONGODB_URI names another one. */
const DATABASE = 'appflux';

/** How long an answer waits for a server to turn up, in milliseconds: somebody is waiting for a refusal too. */
const SELECT_WITHIN_MS = 3_000;

/** How long one operation may take, in milliseconds. */
const ANSWER_WITHIN_MS = 20_000;

export interface Connection {
  client: MongoClient;
  /** The database of `client` that the URI names. */
  database: string;
}

/** Connects, and makes the indexes that are not there yet. Options in the URI go before those of ours. */
export async function connect(uri: string): Promise<Connection> {
  const client = new MongoClient(uri, {
    appName: 'AppFlux',
    // An object may have six connections at a time, and each server of a replica set takes one to be watched.
    maxPoolSize: optionOf(uri, 'maxPoolSize') ?? 3,
    serverMonitoringMode: 'poll',
    serverSelectionTimeoutMS: SELECT_WITHIN_MS,
    connectTimeoutMS: SELECT_WITHIN_MS,
    socketTimeoutMS: ANSWER_WITHIN_MS,
    ignoreUndefined: true,
  });
  try {
    await client.connect();
    const database = databaseOf(client);
    await drawTriggers(client.db(database));
    await drawBuildDays(client.db(database));
    await createIndexes(client.db(database));
    return { client, database };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** The database that a client's URI names, or else ours: the driver says `test` for a URI that names none. */
export const databaseOf = ({ options }: Pick<MongoClient, 'options'>): string =>
  options.dbName === 'test' ? DATABASE : options.dbName;

function optionOf(uri: string, name: string): number | null {
  const value = new RegExp(`[?&]${name}=(\\d+)(?:&|$)`, 'i').exec(uri)?.[1];
  return value === undefined ? null : Number(value);
}

/** Codes of a server that is there and cannot serve now, or lets nobody in: it shuts down, elects, wants a login. */
const SERVER_CANNOT = new Set([18, 89, 91, 189, 262, 10107, 11600, 11602, 13435, 13436]);

/** Whether trying again later may help: MongoDB is not there, rather than we asked for something wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (error instanceof MongoServerError) return SERVER_CANNOT.has(Number(error.code));
  // The pool was cleared, the topology closed: the driver's own words for a connection that went away.
  return error instanceof MongoError && /Pool|Topology|NotConnected|Timeout/.test(error.name);
}
