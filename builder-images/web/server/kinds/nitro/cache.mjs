/**
 * A driver of unstorage for Nitro's cache: a key-value store of AppFlux, which all isolates of a deployment share. Nitro
 * bundles it. Prerendering has no store, and caches nothing.
 */

/** In seconds. Entries of earlier builds go away by themselves. */
const KEPT = 30 * 24 * 60 * 60;
/** The shortest that a key-value store keeps anything. */
const SHORTEST = 60;

export default function driver({ binding, base }) {
  const store = () => globalThis.__env__?.[binding];
  const nameOf = (key) => `${base}/${key}`;
  return {
    name: 'appflux-cache',
    hasItem: async (key) => ((await store()?.get(nameOf(key))) ?? null) !== null,
    getItem: async (key) => (await store()?.get(nameOf(key))) ?? null,
    setItem: async (key, value, options) => {
      const expirationTtl = Math.max(SHORTEST, Math.ceil(options?.ttl ?? KEPT));
      await store()?.put(nameOf(key), value, { expirationTtl });
    },
    removeItem: async (key) => {
      await store()?.delete(nameOf(key));
    },
    getKeys: async (prefix = '') => {
      const keys = [];
      for (let cursor; ; ) {
        const page = await store()?.list({ prefix: nameOf(prefix), cursor });
        keys.push(...(page?.keys ?? []).map(({ name }) => name.slice(base.length + 1)));
        if (page === undefined || page.list_complete) return keys;
        cursor = page.cursor;
      }
    },
  };
}
