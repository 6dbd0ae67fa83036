/** Responses as values of the protocol. */
import type { z } from 'zod';

/**
 * What happens to members that this version doesn't know. `ignore`: they are dropped. `keep`: they stay in the value,
 * beyond its type, for programs that pass it on. `refuse`: they fail the call.
 */
export type UnknownMembers = 'ignore' | 'keep' | 'refuse';

/** Each round removes all unknown members that the last one found; unknown ones can be nested in unions. */
const MOST_ROUNDS = 10;

/** An unknown member of the object at `path`. */
interface Removed {
  readonly path: readonly PropertyKey[];
  readonly key: string;
  readonly value: unknown;
}

/**
 * A value by a schema. The protocol's schemas are strict, because the edge refuses what it doesn't know. A response of a
 * newer edge may have more members: with `ignore` they are removed, and with `keep` they are put back afterwards.
 */
export function parseResponse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  unknownMembers: UnknownMembers,
): z.ZodSafeParseResult<z.output<Schema>> {
  let parsed = schema.safeParse(value);
  const removed: Removed[] = [];
  for (let round = 0; round < MOST_ROUNDS && !parsed.success; round += 1) {
    const { issues } = parsed.error;
    if (unknownMembers === 'refuse' || !issues.every(({ code }) => code === 'unrecognized_keys')) break;
    for (const issue of issues) {
      if (issue.code === 'unrecognized_keys') removed.push(...remove(value, issue.path, issue.keys));
    }
    parsed = schema.safeParse(value);
  }
  if (parsed.success && unknownMembers === 'keep') {
    for (const { path, key, value: member } of removed) define(objectAt(parsed.data, path), key, member);
  }
  return parsed;
}

/** Removes members of the object at a path. The value was just parsed from JSON and belongs to nobody else. */
function remove(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): Removed[] {
  const target = objectAt(value, path);
  if (target === null) return [];
  return keys.map((key) => {
    const member = target[key];
    delete target[key];
    return { path, key, value: member };
  });
}

/** The object at a path; null if there is none. */
function objectAt(value: unknown, path: readonly PropertyKey[]): Record<PropertyKey, unknown> | null {
  let target = value;
  for (const key of path) {
    if (typeof target !== 'object' || target === null) return null;
    target = (target as Record<PropertyKey, unknown>)[key];
  }
  return typeof target === 'object' && target !== null ? (target as Record<PropertyKey, unknown>) : null;
}

/** Sets a member as JSON.parse does, also one called `__proto__`. */
function define(target: Record<PropertyKey, unknown> | null, key: string, value: unknown): void {
  if (target === null) return;
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
