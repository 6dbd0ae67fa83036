/** Cases of Workers KV: https://developers.cloudflare.com/kv/api/ */
import { type Case, errorOf } from './case.ts';

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const textOf = (stream: ReadableStream | null) => new Response(stream).text();
// biome-ignore lint/suspicious/noExplicitAny: cases pass what types refuse.
const any = (value: unknown): any => value;

export const kvCases: Readonly<Record<string, Case>> = {
  'kv: values by type': async ({ KV }) => {
    await KV.put('text', 'häuser 🏠');
    await KV.put('json', '{"a":[1,2]}');
    await KV.put('buffer', new Uint8Array([0, 255, 128]).buffer);
    await KV.put('view', new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    await KV.put('stream', new Response('streamed').body as ReadableStream);
    await KV.put('empty', '');
    return [
      await KV.get('text'),
      await KV.get('text', 'text'),
      await KV.get('text', { type: 'text' }),
      await KV.get('text', { cacheTtl: 60 }),
      await KV.get('json', 'json'),
      await KV.get('json', { type: 'json', cacheTtl: 60 }),
      await KV.get('buffer', 'arrayBuffer'),
      await KV.get('buffer'),
      await KV.get('view', { type: 'arrayBuffer' }),
      await textOf(await KV.get('stream', 'stream')),
      await KV.get('empty'),
      await KV.get('empty', 'arrayBuffer'),
      await KV.get('none'),
      await KV.get('none', 'json'),
      await KV.get('none', 'stream'),
    ];
  },
  'kv: what is no value': async ({ KV }) => [
    await errorOf(async () => {
      await KV.put('a', any(undefined));
      return KV.get('a');
    }),
    await errorOf(async () => {
      await KV.put('a', any(null));
      return KV.get('a');
    }),
    await errorOf(() => KV.put('a', any({ a: 1 }))),
    await errorOf(() => KV.put('a', any([1]))),
    await errorOf(async () => {
      await KV.put('a', any(42));
      return KV.get('a');
    }),
    await errorOf(async () => {
      await KV.put('a', any(true));
      return KV.get('a');
    }),
    await errorOf(() => KV.put('a', any(Symbol('s')))),
  ],
  'kv: overwriting and deleting': async ({ KV }) => {
    await KV.put('a', 'first', { metadata: { n: 1 }, expiration: inAnHour() });
    await KV.put('a', 'second');
    const second = await KV.getWithMetadata('a');
    const { keys } = await KV.list();
    return [second, keys, await KV.delete('a'), await KV.delete('a'), await KV.get('a'), await KV.list()];
  },
  'kv: metadata': async ({ KV }) => {
    await KV.put('a', 'x', { metadata: { list: [1, 'é', null] } });
    await KV.put('b', 'x', { metadata: 'text' });
    await KV.put('c', 'x', { metadata: 0 });
    await KV.put('d', 'x', { metadata: null });
    await KV.put('e', '{"a":1}');
    return [
      await KV.getWithMetadata('a'),
      await KV.getWithMetadata('b', 'arrayBuffer'),
      await KV.getWithMetadata('c'),
      await KV.getWithMetadata('d'),
      await KV.getWithMetadata('e', { type: 'json' }),
      await KV.getWithMetadata('none'),
      await KV.list(),
      await errorOf(() => KV.put('f', 'x', { metadata: 'm'.repeat(1022) })),
      await errorOf(() => KV.put('f', 'x', { metadata: 'm'.repeat(1023) })),
    ];
  },
  'kv: expiration': async ({ KV }) => {
    await KV.put('at', 'x', { expiration: 2_100_000_000 });
    await KV.put('fraction', 'x', { expirationTtl: any(3600.9) });
    const list = await KV.list({ prefix: 'at' });
    return [
      list,
      await KV.get('at'),
      await errorOf(() => KV.put('a', 'x', { expirationTtl: 59 })),
      await errorOf(() => KV.put('a', 'x', { expirationTtl: 0 })),
      await errorOf(() => KV.put('a', 'x', { expirationTtl: -5 })),
      await errorOf(() => KV.put('a', 'x', { expirationTtl: 60 })),
      await errorOf(() => KV.put('a', 'x', { expiration: 1 })),
    ];
  },
  'kv: keys': async ({ KV }) => {
    const odd = [
      'a b',
      'a/b',
      'a?b#c',
      '%2F',
      'ä',
      '\u{1F3E0}',
      '\uFFFD',
      '\uFEFFbom',
      '__proto__',
      'x'.repeat(512),
      '"',
      "'; DROP TABLE entries; --",
    ];
    for (const key of odd) await KV.put(key, `of ${key.slice(0, 9)}`);
    return [
      await Promise.all(odd.map((key) => KV.get(key))),
      (await KV.list()).keys.map(({ name }) => name),
      await errorOf(() => KV.get('')),
      await errorOf(() => KV.get('.')),
      await errorOf(() => KV.put('..', 'x')),
      await errorOf(() => KV.delete('')),
      await errorOf(() => KV.get('x'.repeat(513))),
      await errorOf(() => KV.put('ä'.repeat(257), 'x')),
      await errorOf(() => KV.delete('x'.repeat(513))),
      await errorOf(() => KV.get(any(42))),
    ];
  },
  'kv: lists in pages': async ({ KV }) => {
    for (const n of Array(25).keys()) await KV.put(`p:${String(n).padStart(2, '0')}`, '');
    await KV.put('o', '');
    await KV.put('q', '');
    await KV.put('P:upper', '');
    const pages: unknown[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = await KV.list({ prefix: 'p:', limit: 10, ...(cursor === undefined ? {} : { cursor }) });
      pages.push([page.keys.map(({ name }) => name), page.list_complete]);
      if (page.list_complete) break;
      cursor = page.cursor;
    }
    return [
      pages,
      (await KV.list()).keys.length,
      await KV.list({ prefix: 'p:2', limit: 5 }),
      await KV.list({ prefix: 'none' }),
      await KV.list({ prefix: null, cursor: null }),
      await KV.list({ prefix: '%' }),
      await KV.list({ prefix: 'p_' }),
      await errorOf(() => KV.list({ limit: 0 })),
      await errorOf(() => KV.list({ limit: -1 })),
      await errorOf(() => KV.list({ limit: 1001 })),
    ];
  },
  'kv: many in one call': async ({ KV }) => {
    await KV.put('a', '1', { metadata: { m: 1 } });
    await KV.put('b', '{"b":2}');
    await KV.put('text', 'no json');
    return [
      await KV.get(['a', 'b', 'none']),
      await KV.get(['a', 'b'], 'json'),
      await KV.get(['b', 'a'], { type: 'json' }),
      await KV.getWithMetadata(['a', 'b', 'none']),
      await errorOf(() => KV.get(['a', 'text'], 'json')),
      await errorOf(() => KV.get(['a'], any('stream'))),
      await errorOf(() => KV.get([])),
      await errorOf(() => KV.get([...Array(101).keys()].map(String))),
    ];
  },
  'kv: what is refused': async ({ KV }) => {
    await KV.put('text', 'no json');
    return [
      await errorOf(() => KV.get('text', 'json')),
      await errorOf(() => KV.get('text', any('blob'))),
      await errorOf(() => KV.get('text', { cacheTtl: 29 })),
    ];
  },
  'kv: large values': async ({ KV }) => {
    const most = 25 * 1024 * 1024;
    const bytes = new Uint8Array(most);
    for (let at = 0; at < most; at += 4099) bytes[at] = at % 251;
    await KV.put('large', bytes);
    const read = new Uint8Array((await KV.get('large', 'arrayBuffer')) as ArrayBuffer);
    await KV.put('exactly', new Uint8Array(1024 * 1024).fill(7));
    await KV.put('large', 'small now');
    return [
      read.length,
      read.every((byte, at) => byte === bytes[at]),
      ((await KV.get('exactly', 'arrayBuffer')) as ArrayBuffer).byteLength,
      await KV.get('large'),
      await errorOf(() => KV.put('larger', new Uint8Array(most + 1))),
    ];
  },
};
