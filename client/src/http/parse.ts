/** Responses as values of the protocol. */
import type { z } from 'zod';

/** `ignore`: members that this version doesn't know are dropped. `refuse`: they fail the call. */
export type UnknownMembers = 'ignore' | 'refuse';

/** Each round removes all unknown members that the last one found; unknown ones can be nested in unions. */
const MOST_ROUNDS = 10;

/**
 * A value by a schema. The protocol's schemas are strict, because the edge refuses what it doesn't know. A response of a
 * newer edge may have more members: with `ignore` they are removed.
 */
export function parseResponse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  unknownMembers: UnknownMembers,
): z.ZodSafeParseResult<z.output<Schema>> {
  let parsed = schema.safeParse(value);
  for (let round = 0; round < MOST_ROUNDS && !parsed.success; round += 1) {
    const { issues } = parsed.error;
    if (unknownMembers === 'refuse' || !issues.every(({ code }) => code === 'unrecognized_keys')) break;
    for (const issue of issues) {
      if (issue.code === 'unrecognized_keys') remove(value, issue.path, issue.keys);
    }
    parsed = schema.safeParse(value);
  }
  return parsed;
}

/** Removes members of the object at a path. The value was just parsed from JSON and belongs to nobody else. */
function remove(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let target = value;
  for (const key of path) {
    if (typeof target !== 'object' || target === null) return;
    target = (target as Record<PropertyKey, unknown>)[key];
  }
  if (typeof target !== 'object' || target === null) return;
  for (const key of keys) delete (target as Record<string, unknown>)[key];
}
