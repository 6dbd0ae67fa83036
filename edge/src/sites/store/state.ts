/** What the store of an app's published sites remembers. Times are Unix milliseconds. */

/** What a deployment has published, or is just publishing. */
export interface Publication {
  readonly deploymentId: string;
  readonly attempt: number;
  readonly branch: string | null;
  readonly environment: string;
  /**
   * `writing` until its manifest is in storage; `removing` from the moment it was removed until its manifest is deleted.
   */
  readonly state: 'writing' | 'published' | 'removing';
  /** The names of the packs that its files are in. */
  readonly packs: readonly string[];
  /** The stored manifest; null for a site of an earlier version, whose files are in its ZIP. */
  readonly manifest: { readonly size: number; readonly sha256: string } | null;
  readonly at: number;
}

/** An object with the contents of files. */
export interface Pack {
  readonly name: string;
  /** Who uploads or has uploaded it. */
  readonly deploymentId: string;
  readonly attempt: number;
  /** Of the whole object; 0 until it is published. */
  readonly size: number;
  /**
   * `expected`: its runner may be uploading it. `kept`: publications point to it. `deleting`: nothing does.
   * `deleted`: the object is deleted, but a presigned URL can still write to it.
   */
  readonly state: 'expected' | 'kept' | 'deleting' | 'deleted';
  /** Until when a presigned URL can write to it; null when none can any more, and nothing is left of one. */
  readonly putUntil: number | null;
}

/** A deployment continues a publication, so it must not disappear: one pin per deployment, of its newest attempt. */
export interface Pin {
  readonly deploymentId: string;
  readonly attempt: number;
  /** The deployment whose publication it continues. */
  readonly base: string;
  readonly until: number;
}

/** All of it. Decisions return a changed copy and never change their argument. */
export interface SiteState {
  /** By deployment. */
  readonly publications: ReadonlyMap<string, Publication>;
  /** By name. */
  readonly packs: ReadonlyMap<string, Pack>;
  /** By deployment. */
  readonly pins: ReadonlyMap<string, Pin>;
}

export const EMPTY_SITE_STATE: SiteState = { publications: new Map(), packs: new Map(), pins: new Map() };

/** A copy of a map with one value replaced, or removed. */
export function withValue<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  value: Value | null,
): ReadonlyMap<string, Value> {
  const copy = new Map(map);
  if (value === null) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** A copy of a map with each value replaced. */
export const mapValues = <Value>(
  map: ReadonlyMap<string, Value>,
  change: (value: Value) => Value,
): ReadonlyMap<string, Value> => new Map([...map].map(([key, value]) => [key, change(value)]));
