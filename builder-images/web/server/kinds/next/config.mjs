/** The open-next.config of projects on AppFlux. Bundled by OpenNext, for the build and for the Worker. */
import { defineCloudflareConfig } from '@opennextjs/cloudflare';
import queue from '@opennextjs/cloudflare/overrides/queue/memory-queue';
import { incrementalCache, tagCache } from './cache.mjs';

const ours = defineCloudflareConfig({ incrementalCache, tagCache, queue });

export default ours;

/** Overrides that need Cloudflare's R2, KV, D1 or Durable Objects, or do nothing. */
const REPLACED =
  /^(?:cf-.*-incremental-cache|.*-tag-cache|memory-queue|durable-queue|queue-cache|dummy|direct)$/;

/** A project's own configuration, with our cache unless it brings one that is written by its own people. */
export function over(theirs) {
  const merged = (own, part) => {
    const override = { ...part.override, ...own?.override };
    for (const name of ['incrementalCache', 'tagCache', 'queue'])
      if (isReplaced(override[name])) override[name] = part.override[name];
    return { ...part, ...own, override: { ...override, cdnInvalidation: 'dummy' } };
  };
  return {
    ...theirs,
    default: merged(theirs.default, ours.default),
    middleware: merged(theirs.middleware, ours.middleware),
    edgeExternals: [...new Set([...(theirs.edgeExternals ?? []), ...ours.edgeExternals])],
  };
}

function isReplaced(override) {
  const value = typeof override === 'function' ? override() : override;
  const name = typeof value === 'object' ? value?.name : value;
  return typeof name !== 'string' || REPLACED.test(name);
}
