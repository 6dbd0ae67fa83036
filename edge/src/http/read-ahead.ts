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
 * The same metadata, which reads what a request is about before it is asked: now, or with the look-up of the caller, which
 * makes one call of both (metadata/d1/gathered-reads.ts). The first to ask for it gets that; who asks again reads again, for
 * it may have changed meanwhile.
 */
export function readAhead(
  metadata: Metadata,
  { slug, deploymentId }: About,
  when: 'now' | 'with the caller' = 'now',
): Metadata {
  const begins: (() => void)[] = [];
  const stores: { apps?: Metadata['apps']; deployments?: Metadata['deployments'] } = {};
  if (Slug.safeParse(slug).success) {
    const { begin, read } = once(metadata.apps.bySlug, slug);
    begins.push(begin);
    stores.apps = replacing(metadata.apps, { bySlug: read });
  }
  if (ObjectId.safeParse(deploymentId).success) {
    const { begin, read } = once(metadata.deployments.byId, deploymentId);
    begins.push(begin);
    stores.deployments = replacing(metadata.deployments, { byId: read });
  }
  if (begins.length === 0) return metadata;
  const begin = () => {
    for (const each of begins) each();
  };
  if (when === 'now') {
    begin();
    return replacing(metadata, stores);
  }
  const { tokens, members, users } = metadata;
  return replacing(metadata, {
    ...stores,
    tokens: replacing(tokens, { byHash: followed(tokens.byHash, begin) }),
    members: replacing(members, { ofUser: followed(members.ofUser, begin) }),
    users: replacing(users, { owner: followed(users.owner, begin) }),
  });
}

/** The same function, whose answer for `key` is given once, and may have begun to be read by then. */
function once<Result>(
  read: (key: string) => Promise<Result>,
  key: string | undefined,
): { readonly begin: () => void; readonly read: (asked: string) => Promise<Result> } {
  let begun: Promise<Result> | null = null;
  let isGiven = key === undefined;
  return {
    begin: () => {
      if (isGiven || begun !== null || key === undefined) return;
      begun = read(key);
      // Its failure is for the handler, which is not reached if the caller is refused.
      begun.catch(() => undefined);
    },
    read: (asked) => {
      if (asked !== key || isGiven) return read(asked);
      isGiven = true;
      return begun ?? read(asked);
    },
  };
}

/** The same function; `next` is called as soon as it has begun. */
const followed =
  <Parameters extends unknown[], Result>(
    call: (...parameters: Parameters) => Result,
    next: () => void,
  ): ((...parameters: Parameters) => Result) =>
  (...parameters) => {
    const result = call(...parameters);
    next();
    return result;
  };

/** An object like `target` with other members. Of MongoDB's stores, members are known only when they are asked for. */
const replacing = <Target extends object>(target: Target, members: Partial<Target>): Target =>
  new Proxy(target, {
    get: (inner, name) =>
      Object.hasOwn(members, name) ? Reflect.get(members, name) : Reflect.get(inner, name, inner),
  });
