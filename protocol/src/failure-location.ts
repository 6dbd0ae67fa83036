/** Where in the source a build failed, as its tools report it. */
import { z } from 'zod';
import { printable } from './text.ts';

/** In `accepts` of an attempt's `welcome`: this edge takes `location` in a failure. */
export const FAILURE_LOCATION = 'failure_location';

/** The longest path of a location, in UTF-16 units. */
export const MAX_LOCATION_PATH = 500;

/** Whether a path leads to something below the root, and shows as it is: nothing in it hides or reverses text. */
const isPathInSource = (path: string): boolean =>
  path === printable(path, MAX_LOCATION_PATH) && !path.startsWith('/') && !path.split('/').includes('..');

export const FailureLocation = z
  .strictObject({
    /** From the root of the repository or the upload, with forward slashes. */
    path: z
      .string()
      .min(1)
      .max(MAX_LOCATION_PATH)
      .refine(isPathInSource, 'Expected a printable path below the root of the source'),
    /** From 1. */
    line: z.int().min(1),
    /** From 1; null if the tool reported only the line. */
    column: z.int().min(1).nullable(),
    /** The log line that reports the error; null if the log omits that line because it reached its limit. */
    seq: z.int().min(1).nullable(),
  })
  .meta({ id: 'FailureLocation' });
export type FailureLocation = z.infer<typeof FailureLocation>;

/** The location as people and editors write it: `src/a.ts:12:5`, or `src/a.ts:12` without a column. */
export const formatLocation = ({ path, line, column }: Omit<FailureLocation, 'seq'>): string =>
  column === null ? `${path}:${line}` : `${path}:${line}:${column}`;
