/** Reading what a lockfile holds: any value may be anything. */

/** A plain object; null for anything else. */
export const objectOf = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;

/** The members of an object; none for anything else. */
export const entriesOf = (value: unknown): [string, unknown][] => Object.entries(objectOf(value) ?? {});

/** The names of the members of some objects. */
export const namesOf = (...values: unknown[]): string[] =>
  values.flatMap((value) => entriesOf(value).map(([name]) => name));

/** A text; null for anything else. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
