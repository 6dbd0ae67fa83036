/** Bindings that count their calls, and change nothing. */
import type { Env } from '../../../edge/src/env.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';
import { count } from './counts.ts';
import { trip } from './trips.ts';

/** A queue bills each message in pieces of this many bytes. */
const QUEUE_PIECE_BYTES = 64 * 1024;

/** R2 operations through the binding, by their class; null for what is free. */
const R2_CLASS: Readonly<Record<string, 'r2ClassA' | 'r2ClassB' | null>> = {
  put: 'r2ClassA',
  list: 'r2ClassA',
  get: 'r2ClassB',
  head: 'r2ClassB',
  delete: null,
};

/** The objects that are counted, by the class of each binding. Each is a part of what a deployment costs. */
const OBJECTS = {
  DEPLOYMENTS: 'DeploymentObject',
  POOLS: 'PoolObject',
  DEAD_LETTERS: 'DeadLetterObject',
  THROTTLES: 'ThrottleObject',
  MAINTENANCE: 'MaintenanceObject',
  OPERATIONS: 'OperationsObject',
  SITES: 'SiteObject',
  DOMAINS: 'DomainObject',
  TRIGGERS: 'TriggerObject',
  NOTIFICATIONS: 'NotificationObject',
  REPORTS: 'ReportObject',
  RUNTIME: 'RuntimeObject',
} as const satisfies Partial<Record<keyof Env, string>>;

/** By the bindings: as in the Worker itself, one environment is the same object for all requests. */
const known = new WeakMap<Env, Env>();

export function countingEnv(env: Env): Env {
  const counting = known.get(env) ?? {
    ...withoutDisk(env),
    METADATA: countingDatabase(env.METADATA),
    STORAGE: countingBucket(env.STORAGE),
    DEPLOY_QUEUE: countingQueue(env.DEPLOY_QUEUE),
    EVENT_QUEUE: countingQueue(env.EVENT_QUEUE),
    ...countingObjects(env),
  };
  known.set(env, counting);
  return counting;
}

/** On Cloudflare there is no disk to know of, and the cache is used because of that. */
function withoutDisk({ DISK: _, ...env }: Env): Env {
  return env;
}

const countingObjects = (env: Env): Pick<Env, keyof typeof OBJECTS> =>
  Object.fromEntries(
    Object.entries(OBJECTS).map(([binding, kind]) => [
      binding,
      countingNamespace(env[binding as keyof typeof OBJECTS], kind),
    ]),
  ) as unknown as Pick<Env, keyof typeof OBJECTS>;

/** Calls `calling` for each call of a method, with the function that makes it. */
function around<Target extends object>(
  target: Target,
  calling: (method: string, call: () => unknown) => unknown,
): Target {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      return (...args: unknown[]) =>
        // Called on the target itself, by name: a stub's methods can't be passed around as functions.
        calling(name, () => (target as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args));
    },
  });
}

/** Every call through a stub is billed as a request, from any caller. */
function countingNamespace<Namespace extends object>(namespace: Namespace, kind: string): Namespace {
  return new Proxy(namespace, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const result = Reflect.apply(value, target, args);
        if (name !== 'get' && name !== 'getByName') return result;
        return around(result, (method, call) => {
          count('objectRequests');
          return trip(`${kind}.${method}`, call);
        });
      };
    },
  });
}

function countingBucket(bucket: R2Bucket): R2Bucket {
  return around(bucket, (method, call) => {
    const billed = R2_CLASS[method];
    if (billed === undefined) throw new Error(`the bucket's ${method} is not counted yet`);
    if (billed !== null) count(billed);
    return trip(`R2 ${method}`, call);
  });
}

function countingQueue<Message extends QueueMessage>(queue: Queue<Message>): Queue<Message> {
  return new Proxy(queue, {
    get(target, name) {
      if (name !== 'send') throw new Error(`the queue's ${String(name)} is not counted yet`);
      return (message: Message, options?: QueueSendOptions) => {
        count('queueOperations', piecesOf(message));
        return trip('queue send', () => target.send(message, options));
      };
    },
  });
}

/** How many operations it takes to write, read or delete a message. */
export const piecesOf = (message: unknown): number =>
  Math.ceil(new TextEncoder().encode(JSON.stringify(message)).length / QUEUE_PIECE_BYTES);

function countingDatabase(database: D1Database): D1Database {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => countingStatement(target.prepare(sql));
      if (name === 'batch') {
        return async (statements: D1PreparedStatement[]) => {
          const results = await trip('D1', () =>
            target.batch(statements.map((statement) => inner.get(statement) ?? statement)),
          );
          for (const { meta } of results) countRows(meta);
          return results;
        };
      }
      throw new Error(`the database's ${String(name)} is not counted yet`);
    },
  });
}

/** The real statement behind each counting one: `batch` takes real ones only. */
const inner = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

function countingStatement(statement: D1PreparedStatement): D1PreparedStatement {
  const all = async () => {
    const result = await trip('D1', () => statement.all());
    countRows(result.meta);
    return result;
  };
  const counting = new Proxy(statement, {
    get(target, name) {
      if (name === 'bind') return (...values: unknown[]) => countingStatement(target.bind(...values));
      if (name === 'all' || name === 'run') return all;
      // `first` runs the same statement but does not report its cost.
      if (name === 'first') return async () => (await all()).results[0] ?? null;
      throw new Error(`the statement's ${String(name)} is not counted yet`);
    },
  });
  inner.set(counting, statement);
  return counting;
}

function countRows(meta: D1Meta): void {
  count('d1RowsRead', meta.rows_read);
  count('d1RowsWritten', meta.rows_written);
}
