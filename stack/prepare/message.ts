/** What the process that prepares a start tells the command that began it. */
import { z } from 'zod';
import { PROBLEM_CODES } from '../problem.ts';

export const Prepared = z.strictObject({
  /** How the engine is reached, as in DOCKER_HOST; null if the instance needs none. */
  dockerHost: z.string().nullable(),
  /** The main module of the control plane's bundle, and that of the host Worker's, if there are servers; absolute. */
  main: z.string(),
  host: z.string().nullable(),
  /** The program of local runners, absolute; null if there are none. */
  runner: z.string().nullable(),
});
export type Prepared = z.infer<typeof Prepared>;

/** That everything is there, or why it isn't. */
export const PreparedMessage = z.discriminatedUnion('type', [
  Prepared.extend({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('problem'),
    code: z.enum(PROBLEM_CODES),
    message: z.string(),
    advice: z.string(),
  }),
]);
export type PreparedMessage = z.infer<typeof PreparedMessage>;
