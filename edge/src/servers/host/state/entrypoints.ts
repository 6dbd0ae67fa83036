/**
 * What a site's isolate has of its state: entrypoints whose props say which. A site can call all their methods with
 * anything, past the facades, so arguments are parsed here, and no other method is on them.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { z } from 'zod';
import { journal } from '../../../journal.ts';
import type {
  Answer,
  RemoteEntry,
  RemoteKeyValue,
  RemoteList,
  RemoteListOptions,
  RemoteResult,
  RemoteSql,
  RemoteStatement,
  RemoteWrite,
} from '../facades/remote.ts';
import type { StateEnv } from './env.ts';
import { KV_LIMITS, SQL_LIMITS } from './limits.ts';
import { stateOf } from './objects.ts';
import type { StatePlace } from './place.ts';
import { refused, StateRefusal } from './refusal.ts';

/** Key-value pairs of one binding. */
export class KeyValue extends WorkerEntrypoint<StateEnv, StatePlace> implements RemoteKeyValue {
  read(key: string): Promise<Answer<RemoteEntry | null>> {
    return parsed(async () => {
      const answer = await stateOf(this.env, this.ctx.props).read(this.ctx.props, [keyOf(key)]);
      return answer.ok ? { ok: true, value: answer.value[0] ?? null } : answer;
    });
  }

  readMany(keys: readonly string[]): Promise<Answer<(RemoteEntry | null)[]>> {
    return parsed(async () => {
      const names = parse(z.array(z.string()), keys, 'The keys must be texts.');
      if (names.length === 0) throw new StateRefusal(400, 'You must request a minimum of 1 key');
      if (names.length > KV_LIMITS.bulkKeys) {
        throw new StateRefusal(400, `You can request a maximum of ${KV_LIMITS.bulkKeys} keys`);
      }
      return stateOf(this.env, this.ctx.props).read(this.ctx.props, names.map(keyOf));
    });
  }

  write(key: string, value: ArrayBuffer, options: RemoteWrite): Promise<Answer<null>> {
    return parsed(async () => {
      const name = keyOf(key);
      const bytes = parse(z.instanceof(ArrayBuffer), value, 'The value must be bytes.');
      const { metadata, ...expires } = parse(WriteOptions, options, 'Invalid options.');
      requireSize('Value', bytes.byteLength, KV_LIMITS.valueBytes);
      if (metadata !== undefined) {
        requireSize('Metadata', byteLength(metadata), KV_LIMITS.metadataBytes);
        requireJson(metadata);
      }
      return stateOf(this.env, this.ctx.props).write(this.ctx.props, name, bytes, { ...expires, metadata });
    });
  }

  remove(key: string): Promise<Answer<null>> {
    return parsed(async () => stateOf(this.env, this.ctx.props).remove(this.ctx.props, keyOf(key)));
  }

  list(options: RemoteListOptions): Promise<Answer<RemoteList>> {
    return parsed(async () => {
      const { prefix, limit, cursor } = parse(ListOptions, options, 'Invalid options.');
      if (prefix !== undefined) requireKeyLength(prefix);
      if (limit !== undefined && !(limit >= 1)) {
        throw new StateRefusal(
          400,
          `Invalid key_count_limit of ${limit}. Please specify an integer greater than 0.`,
        );
      }
      if (limit !== undefined && limit > KV_LIMITS.listKeys) {
        throw new StateRefusal(
          400,
          `Invalid key_count_limit of ${limit}. Please specify an integer less than ${KV_LIMITS.listKeys}.`,
        );
      }
      const most = limit === undefined ? undefined : Math.trunc(limit);
      return stateOf(this.env, this.ctx.props).list(this.ctx.props, { prefix, limit: most, cursor });
    });
  }
}

/** The SQLite database of one binding. */
export class SqlDatabase extends WorkerEntrypoint<StateEnv, StatePlace> implements RemoteSql {
  run(statements: readonly RemoteStatement[]): Promise<Answer<RemoteResult[]>> {
    return parsed(async () =>
      stateOf(this.env, this.ctx.props).run(
        this.ctx.props,
        parse(Statements, statements, 'Statements must be texts with parameters.'),
      ),
    );
  }
}

const WriteOptions = z.strictObject({
  expiration: z.number().optional(),
  expirationTtl: z.number().optional(),
  metadata: z.string().optional(),
});

const ListOptions = z.strictObject({
  prefix: z.string().optional(),
  limit: z.number().optional(),
  cursor: z.string().max(1024).optional(),
});

const SqlValue = z.union([z.null(), z.number(), z.string(), z.instanceof(ArrayBuffer)]);

const Statements = z
  .array(z.strictObject({ sql: z.string(), params: z.array(SqlValue) }))
  .max(SQL_LIMITS.statements);

function keyOf(given: unknown): string {
  const key = parse(z.string(), given, 'The key must be a text.');
  if (key === '') throw new StateRefusal(400, 'Key names must not be empty');
  if (key === '.' || key === '..') {
    throw new StateRefusal(400, `Illegal key name "${key}". Please use a different name.`);
  }
  requireKeyLength(key);
  return key;
}

function requireKeyLength(key: string): void {
  const length = byteLength(key);
  if (length > KV_LIMITS.keyBytes) {
    throw new StateRefusal(
      414,
      `UTF-8 encoded length of ${length} exceeds key length limit of ${KV_LIMITS.keyBytes}.`,
    );
  }
}

function requireSize(what: string, length: number, most: number): void {
  if (length > most) throw new StateRefusal(413, `${what} length of ${length} exceeds limit of ${most}.`);
}

function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    // SyntaxError: the facade always sends JSON, so this was a call past it.
    throw new StateRefusal(400, 'The metadata must be JSON.');
  }
}

const byteLength = (text: string): number => new TextEncoder().encode(text).byteLength;

function parse<T>(schema: z.ZodType<T>, value: unknown, problem: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new StateRefusal(400, problem);
  return result.data;
}

/** The answer to a call whose arguments are parsed within `call`. */
async function parsed<T>(call: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StateRefusal) return refused(error);
    // The object was reset, or storage fails: the site can try again, and need not know more.
    journal.error('State of a site', error);
    return { ok: false, status: 503, message: 'State is not available at the moment. Try again.' };
  }
}
