/** What the edge process is told when it is started, and what it says back. */
import { z } from 'zod';

/** The embedded bucket: its name, and the key pair that opens its S3 door. */
const Bucket = z.strictObject({
  name: z.string().min(3),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});

/** Levels of a log, the most talkative first. */
export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;

/** The first message to the edge process: all it needs to know. It holds secrets, so it is neither an argument nor a file. */
export const EdgeConfig = z.strictObject({
  port: z.int().min(1).max(65_535),
  /** wrangler.toml, absolute: the bindings are read from there. */
  wranglerConfig: z.string(),
  /** The bundled Worker's main module, absolute. */
  main: z.string(),
  /** Where databases, objects and alarms are kept, absolute. */
  persist: z.string(),
  /** The folder of static assets, absolute, where it is not the one of wrangler.toml. */
  assets: z.string().optional(),
  bucket: Bucket,
  /** Where a debugger attaches to the Worker, on 127.0.0.1; nowhere unless it is set. */
  inspectorPort: z.int().min(1).max(65_535).optional(),
  /** What the Worker writes below this level is left out of the log. */
  logLevel: LogLevel.default('info'),
  /** Variables and secrets of the Worker; they go before those of wrangler.toml. */
  variables: z.record(z.string(), z.string()),
});
/** As it is written; what has a default may be left out. */
export type EdgeConfig = z.input<typeof EdgeConfig>;

/** What the edge process says: that it answers on this port, or why it cannot. */
export const EdgeMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready'), port: z.int() }),
  z.strictObject({ type: z.literal('failed'), reason: z.string() }),
]);
export type EdgeMessage = z.infer<typeof EdgeMessage>;

/** The S3 door of a local bucket, for clients that add the bucket's name themselves. */
export function s3Endpoint(port: number): string {
  return `${publicUrl(port)}/cdn-cgi/local/r2/s3`;
}

/**
 * Where people reach a local instance. `localhost` in every address, so that the browser puts uploads to the origin
 * that the dashboard came from, and so that `*.sites.localhost` (RFC 6761 §6.3) is another one.
 */
export function publicUrl(port: number): string {
  return `http://localhost:${port}`;
}
