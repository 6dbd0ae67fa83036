/** Bindings that count their calls, and change nothing. */
import type { Env } from '../../../edge/src/env.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';
import { count } from './counts.ts';

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

export const countingEnv = (env: Env): Env => ({
  ...env,
  METADATA: countingDatabase(env.METADATA),
  STORAGE: countingBucket(env.STORAGE),
  DEPLOY_QUEUE: countingQueue(env.DEPLOY_QUEUE),
  EVENT_QUEUE: countingQueue(env.EVENT_QUEUE),
  DEPLOYMENTS: countingNamespace(env.DEPLOYMENTS),
  POOLS: countingNamespace(env.POOLS),
  DEAD_LETTERS: countingNamespace(env.DEAD_LETTERS),
  THROTTLES: countingNamespace(env.THROTTLES),
});

/** Calls a function before each call of a method. */
function before<Target extends object>(target: Target, noticed: (method: string) => void): Target {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      return (...args: unknown[]) => {
        noticed(name);
        // Called on the target itself, by name: a stub's methods can't be passed around as functions.
        return (target as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
      };
    },
  });
}

/** Every call through a stub is billed as a request, from any caller. */
function countingNamespace<Namespace extends Env['DEPLOYMENTS' | 'POOLS' | 'DEAD_LETTERS' | 'THROTTLES']>(
  namespace: Namespace,
): Namespace {
  return new Proxy(namespace, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const result = Reflect.apply(value, target, args);
        return name === 'get' || name === 'getByName'
          ? before(result, () => count('objectRequests'))
          : result;
      };
    },
  });
}

function countingBucket(bucket: R2Bucket): R2Bucket {
  return before(bucket, (method) => {
    const billed = R2_CLASS[method];
    if (billed === undefined) throw new Error(`the bucket's ${method} is not counted yet`);
    if (billed !== null) count(billed);
  });
}

function countingQueue<Message extends QueueMessage>(queue: Queue<Message>): Queue<Message> {
  return new Proxy(queue, {
    get(target, name) {
      if (name !== 'send') throw new Error(`the queue's ${String(name)} is not counted yet`);
      return (message: Message, options?: QueueSendOptions) => {
        count('queueOperations', piecesOf(message));
        return target.send(message, options);
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
          const results = await target.batch(
            statements.map((statement) => inner.get(statement) ?? statement),
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
    const result = await statement.all();
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
