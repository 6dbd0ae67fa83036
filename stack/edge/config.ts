/** The messages to and from the edge process. */
import { z } from 'zod';
import { ServersConfig } from '../servers/config.ts';

/** The embedded bucket: its name, and the key pair for its S3 endpoint. */
const Bucket = z.strictObject({
  name: z.string().min(3),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});

/** Levels of a log, the most verbose first. */
export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;

/**
 * The first message to the edge process, with everything it needs. It contains secrets, so it is neither an argument
 * nor a file.
 */
export const EdgeConfig = z.strictObject({
  port: z.int().min(1).max(65_535),
  /** The IP address to listen on. */
  host: z.string().default('127.0.0.1'),
  /** The path of a Unix socket for our own proxy, where there is one. */
  proxySocket: z.string().optional(),
  /** Whose forwarding headers count on the port: IP addresses and networks. */
  trustedProxies: z.array(z.string()).default([]),
  /** wrangler.toml, absolute: the bindings are read from it. */
  wranglerConfig: z.string(),
  /** The bundled Worker's main module, absolute. */
  main: z.string(),
  /** Where databases, objects and alarms are stored, absolute. */
  persist: z.string(),
  /** How many databases have the metadata; one unless it is set. */
  metadataDatabases: z.int().min(1).max(8).optional(),
  /** How many bytes of its disk stay free for new work to be accepted; a share of the disk unless it is set. */
  minFreeBytes: z.int().nonnegative().optional(),
  /** The folder of static assets, absolute, if it is not the one of wrangler.toml. */
  assets: z.string().optional(),
  bucket: Bucket,
  /** The SMTP server that sends mail; none unless it is set. */
  smtpUrl: z.string().optional(),
  /** Where a debugger attaches to the Worker, on 127.0.0.1; nowhere if unset. */
  inspectorPort: z.int().min(1).max(65_535).optional(),
  /** What the Worker logs below this level is dropped. */
  logLevel: LogLevel.default('info'),
  /** The process that runs the servers of sites; there is none unless it is set. */
  servers: ServersConfig.optional(),
  /** Variables and secrets of the Worker; they take precedence over those of wrangler.toml. */
  variables: z.record(z.string(), z.string()),
  /** Where the control socket is (`backup/capture/control.ts`), absolute; there is none unless it is set. */
  control: z.string().optional(),
  /** The environment that a start of the same instance elsewhere would need. */
  environment: z.record(z.string(), z.string()).default({}),
});
/** Before parsing: fields with a default may be missing. */
export type EdgeConfig = z.input<typeof EdgeConfig>;

/**
 * The answer of the edge process: that it listens on this port, or why it can't; with what to do about it where a newer
 * version has used the state.
 */
export const EdgeMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready'), port: z.int() }),
  z.strictObject({ type: z.literal('failed'), reason: z.string(), newer: z.string().optional() }),
]);
export type EdgeMessage = z.infer<typeof EdgeMessage>;

/** Where the edge process and workerd have their temporary files: a folder for this user only, absolute. */
export const temporaryFolder = (persist: string): string => `${persist}-tmp`;

/** The S3 endpoint of an embedded bucket at an instance's URL, for clients that add the bucket's name themselves. */
export const s3EndpointAt = (url: string): string => `${url}/cdn-cgi/local/r2/s3`;

/** The same of an instance that only this machine reaches. */
export const s3Endpoint = (port: number): string => s3EndpointAt(publicUrl(port));

/** The URL of an instance that only this machine reaches. */
export const publicUrl = (port: number): string => `http://localhost:${port}`;
