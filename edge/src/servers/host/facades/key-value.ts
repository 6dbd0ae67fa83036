/** What a site finds under the name of a binding of kind `kv`: the API of Workers KV. */
import type { Answer, RemoteEntry, RemoteKeyValue } from './remote.ts';

type ReadType = 'text' | 'json' | 'arrayBuffer' | 'stream';
interface ReadOptions {
  type?: ReadType;
  cacheTtl?: number;
}
interface WriteOptions {
  expiration?: number;
  expirationTtl?: number;
  metadata?: unknown;
}
interface ListOptions {
  prefix?: string | null;
  limit?: number;
  cursor?: string | null;
}

/**
 * A namespace of Workers KV over the entrypoint. It runs in the site's own isolate: its text is put in front of the site's
 * modules (text.ts), so it uses nothing from outside of itself. What it checks makes errors readable; the host checks again.
 * @see https://developers.cloudflare.com/kv/api/
 */
export function keyValueFacade(remote: RemoteKeyValue) {
  const LEAST_CACHE_TTL = 30;
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();

  const failed = (method: string, status: number, message: string) =>
    new Error(`KV ${method} failed: ${status} ${message}`);

  async function answered<T>(method: string, answer: Promise<Answer<T>>): Promise<T> {
    const given = await answer;
    if (!given.ok) throw failed(method, given.status, given.message);
    return given.value;
  }

  function requireKey(key: unknown): string {
    const name = String(key);
    if (name === '') throw new TypeError('Key name cannot be empty.');
    if (name === '.' || name === '..') throw new TypeError(`"${name}" is not allowed as a key name.`);
    return name;
  }

  function readOptions(given: ReadType | ReadOptions | undefined): { type: ReadType } {
    const { type = 'text', cacheTtl } =
      typeof given === 'string' ? { type: given } : (given ?? ({} as ReadOptions));
    if (!['text', 'json', 'arrayBuffer', 'stream'].includes(type)) {
      throw new TypeError(
        'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".',
      );
    }
    if (cacheTtl !== undefined && !(cacheTtl >= LEAST_CACHE_TTL)) {
      const rule = `Cache TTL must be at least ${LEAST_CACHE_TTL}.`;
      throw failed('GET', 400, `Invalid cache_ttl of ${cacheTtl}. ${rule}`);
    }
    return { type };
  }

  function readAs(entry: RemoteEntry | null, type: ReadType): unknown {
    if (entry === null) return null;
    if (type === 'arrayBuffer') return entry.value;
    if (type === 'stream') return new Response(entry.value).body;
    const text = decoder.decode(entry.value);
    return type === 'json' ? JSON.parse(text) : text;
  }

  const metadataOf = (entry: RemoteEntry | null): unknown =>
    entry?.metadata == null ? null : JSON.parse(entry.metadata);

  async function bytesOf(value: unknown): Promise<ArrayBuffer> {
    if (value instanceof ArrayBuffer) return value;
    if (ArrayBuffer.isView(value)) {
      return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength) as ArrayBuffer;
    }
    if (value instanceof ReadableStream) return new Response(value).arrayBuffer();
    if (typeof value === 'object' && value !== null) {
      throw new TypeError(
        'KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.',
      );
    }
    return encoder.encode(`${value}`).buffer as ArrayBuffer;
  }

  async function readMany(given: readonly unknown[], options: ReadType | ReadOptions | undefined) {
    const { type } = readOptions(options);
    if (type !== 'text' && type !== 'json') {
      throw failed('GET_BULK', 400, `"${type}" is not a valid type. Use "json" or "text"`);
    }
    const keys = given.map(String);
    const entries = await answered('GET_BULK', remote.readMany(keys));
    try {
      return keys.map((key, at) => ({
        key,
        value: readAs(entries[at] ?? null, type),
        metadata: metadataOf(entries[at] ?? null),
      }));
    } catch {
      // JSON.parse: the error of one value would not say that it is about one of many.
      throw failed('GET_BULK', 400, `At least one of the requested keys corresponds to a non-${type} value`);
    }
  }

  class KVNamespace {
    async get(key: unknown, options?: ReadType | ReadOptions): Promise<unknown> {
      if (Array.isArray(key)) {
        return new Map((await readMany(key, options)).map(({ key: name, value }) => [name, value]));
      }
      const name = requireKey(key);
      const { type } = readOptions(options);
      return readAs(await answered('GET', remote.read(name)), type);
    }

    async getWithMetadata(key: unknown, options?: ReadType | ReadOptions): Promise<unknown> {
      if (Array.isArray(key)) {
        const pairs = await readMany(key, options);
        return new Map(
          pairs.map(({ key: name, value, metadata }) => [name, value === null ? null : { value, metadata }]),
        );
      }
      const name = requireKey(key);
      const { type } = readOptions(options);
      const entry = await answered('GET', remote.read(name));
      return { value: readAs(entry, type), metadata: metadataOf(entry), cacheStatus: null };
    }

    async put(key: unknown, value: unknown, options?: WriteOptions): Promise<void> {
      const name = requireKey(key);
      const { expiration, expirationTtl, metadata } = options ?? {};
      await answered(
        'PUT',
        remote.write(name, await bytesOf(value), {
          expiration,
          expirationTtl,
          metadata: metadata == null ? undefined : JSON.stringify(metadata),
        }),
      );
    }

    async delete(key: unknown): Promise<void> {
      await answered('DELETE', remote.remove(requireKey(key)));
    }

    async list(options?: ListOptions): Promise<unknown> {
      const { prefix, limit, cursor } = options ?? {};
      const page = await answered(
        'GET',
        remote.list({
          prefix: prefix ?? undefined,
          limit: limit !== undefined && limit > 0 ? limit : undefined,
          cursor: cursor || undefined,
        }),
      );
      const keys = page.keys.map(({ name, expiration, metadata }) => ({
        name,
        ...(expiration === null ? {} : { expiration }),
        ...(metadata === null ? {} : { metadata: JSON.parse(metadata) }),
      }));
      return page.cursor === null
        ? { keys, list_complete: true, cacheStatus: null }
        : { keys, list_complete: false, cursor: page.cursor, cacheStatus: null };
    }
  }
  return new KVNamespace();
}
