/**
 * Reading what a route is about while its caller is being authenticated: one round trip less. Nothing of it is answered before
 * the caller is known, and the handler checks whose it is as always.
 */
import { ObjectId, Slug } from '@appflux/protocol';
import type { Metadata } from '../metadata/metadata.ts';

/** What a route is about, by its parameters. */
export interface About {
  /** The app of this slug. */
  readonly slug?: string | undefined;
  /** The deployment of this id. */
  readonly deploymentId?: string | undefined;
}

/**
 * The same metadata, which has begun to read what a request is about. The first to ask for it gets that; who asks again
 * reads again, for it may have changed meanwhile.
 */
export function readAhead(metadata: Metadata, { slug, deploymentId }: About): Metadata {
  let ahead = metadata;
  if (Slug.safeParse(slug).success)
    ahead = replacing(ahead, 'apps', { bySlug: once(metadata.apps.bySlug, slug) });
  if (ObjectId.safeParse(deploymentId).success)
    ahead = replacing(ahead, 'deployments', { byId: once(metadata.deployments.byId, deploymentId) });
  return ahead;
}

/** The same function, whose answer for `key` is being read already, for one call. */
function once<Result>(
  read: (key: string) => Promise<Result>,
  key: string | undefined,
): (asked: string) => Promise<Result> {
  if (key === undefined) return read;
  let begun: Promise<Result> | null = read(key);
  // Its failure is for the handler, which is not reached if the caller is refused.
  begun.catch(() => undefined);
  return (asked) => {
    const answer = asked === key ? begun : null;
    if (answer === null) return read(asked);
    begun = null;
    return answer;
  };
}

/** An object like `metadata`, with other methods in one of its stores. Of MongoDB's, members are known only when asked for. */
function replacing<Store extends 'apps' | 'deployments'>(
  metadata: Metadata,
  store: Store,
  methods: Partial<Metadata[Store]>,
): Metadata {
  const proxied = <Target extends object>(target: Target, own: object): Target =>
    new Proxy(target, {
      get: (inner, name) =>
        Object.hasOwn(own, name) ? Reflect.get(own, name) : Reflect.get(inner, name, inner),
    });
  return proxied(metadata, { [store]: proxied(metadata[store], methods) });
}
