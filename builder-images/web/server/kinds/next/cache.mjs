/**
 * The cache of Next.js on AppFlux: what the build has rendered lies among the site's files, and what is rendered later
 * in the key-value store NEXT_INC_CACHE_KV, with the times at which tags were revalidated. Each build begins empty: pages
 * refer to the scripts of their own build. The contract: https://opennext.js.org/aws/config/overrides/incremental_cache
 */
import { createHash } from 'node:crypto';
import { getCloudflareContext } from '@opennextjs/cloudflare';
import { KVNextModeTagCache } from '@opennextjs/cloudflare/overrides/tag-cache/kv-next-tag-cache';

/** In seconds. Entries of earlier builds go away by themselves. */
const KEPT = 30 * 24 * 60 * 60;
/** Outlives the entries, so that a page of the build never seems fresh again. */
const TAGS_KEPT = 400 * 24 * 60 * 60;

const store = () => getCloudflareContext().env.NEXT_INC_CACHE_KV;
const hashOf = (text) => createHash('sha256').update(text).digest('hex');
const build = () => globalThis.__BUILD_TIMESTAMP_MS__.toString(36);
/** As `next.mjs` names the files of the build. */
const nameOf = (key, type) => hashOf(`${type} ${key.replace(/^\/+/, '')}`);

export const incrementalCache = {
  name: 'appflux-incremental-cache',

  async get(key, type = 'cache') {
    const name = nameOf(key, type);
    try {
      const kept = await store()?.get(`${build()}/${name}`, 'json');
      if (kept) return kept;
      if (type === 'composable') return null;
      const { ASSETS } = getCloudflareContext().env;
      const response = await ASSETS.fetch(`http://assets.local/cdn-cgi/_next_cache/${name}.json`);
      if (response.ok)
        return { value: await response.json(), lastModified: globalThis.__BUILD_TIMESTAMP_MS__ };
      await response.body?.cancel();
    } catch (error) {
      // The page is rendered again instead.
      console.error(`The cache of Next.js can't be read: ${error}`);
    }
    return null;
  },

  async set(key, value, type = 'cache') {
    const text = JSON.stringify({ value, lastModified: Date.now() });
    try {
      await store()?.put(`${build()}/${nameOf(key, type)}`, text, { expirationTtl: KEPT });
    } catch (error) {
      // The visitor gets the page all the same.
      console.error(`The cache of Next.js can't be written: ${error}`);
    }
  },

  async delete(key) {
    await store()?.delete(`${build()}/${nameOf(key, 'cache')}`);
  },
};

class TagCache extends KVNextModeTagCache {
  name = 'appflux-revalidations';

  getKv() {
    const kv = store();
    if (kv === undefined) return undefined;
    return {
      get: (keys, options) => kv.get(keys, options),
      put: (key, value) => kv.put(key, value, { expirationTtl: TAGS_KEPT }),
    };
  }

  getCacheKey(tag) {
    return `${build()}/tags/${hashOf(tag)}`;
  }
}

export const tagCache = new TagCache();
