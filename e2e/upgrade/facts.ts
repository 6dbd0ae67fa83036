/** The expected content of a recorded state: everything that a later version must still return. */
import { z } from 'zod';

const Build = z.strictObject({
  id: z.string(),
  status: z.enum(['success', 'failed', 'canceled']),
  /** The text of every line of its log. */
  log: z.array(z.string()),
  artifacts: z.array(z.strictObject({ name: z.string(), sha256: z.string(), path: z.string() })),
});
export type RecordedBuild = z.infer<typeof Build>;

export const Facts = z.strictObject({
  /** The commit of the program that wrote the state. */
  version: z.string(),
  /** An API token of the owner with all scopes, one that can only read apps, and one that was revoked. */
  tokens: z.strictObject({ owner: z.string(), reader: z.string(), revoked: z.string() }),
  owner: z.strictObject({ email: z.string(), password: z.string(), refreshToken: z.string() }),
  /** Tokens of an invitation as a developer and for a runner, neither of them used. */
  invitation: z.string(),
  registration: z.string(),
  /** A runner that registered and never connected. */
  runner: z.strictObject({ id: z.string(), credential: z.string() }),
  deployHook: z.string(),
  app: z.strictObject({
    id: z.string(),
    slug: z.string(),
    /** Values that builds for production get. */
    variables: z.record(z.string(), z.string()),
    /** In base64. */
    files: z.record(z.string(), z.string()),
    release: z.string(),
    pinned: z.string(),
  }),
  /** In the order of their requests. */
  builds: z.array(Build),
  /** The label that the app asks for; the recorded runner has it. */
  label: z.string(),
  downloads: z.int(),
});
export type Facts = z.infer<typeof Facts>;
