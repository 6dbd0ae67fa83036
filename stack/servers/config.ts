/** What the edge process needs to know about the process that runs the servers of sites. */
import { z } from 'zod';

export const ServersConfig = z.strictObject({
  /** wrangler.servers.toml, absolute: bindings are read from it. */
  wranglerConfig: z.string(),
  /** The bundled host Worker's main module, absolute. */
  main: z.string(),
  /** Where the state of sites is stored, absolute. */
  persist: z.string(),
  /** The folder of the two Unix sockets, absolute and for this user only. */
  sockets: z.string(),
  /** Its log, absolute. */
  logFile: z.string(),
  /** The resident memory, in bytes, above which the process is restarted. */
  memoryBytes: z.int().positive(),
  /** Settings of the host Worker, in place of those in its wrangler.toml. */
  vars: z.record(z.string(), z.string()).default({}),
  /** Whether servers may reach private addresses: for development only. */
  allowPrivate: z.boolean().default(false),
});
/** Before parsing: fields with a default may be missing. */
export type ServersConfig = z.input<typeof ServersConfig>;

/** The Unix sockets between the control plane and the host. */
export interface SocketPaths {
  /** The one by which the control plane reaches the host, and its name before the host listens on it. */
  readonly host: string;
  readonly starting: string;
  /** The one by which the host reaches the control plane. */
  readonly control: string;
}

/** Where they are in their folder. */
export const socketPaths = (folder: string): SocketPaths => ({
  host: `${folder}/servers.sock`,
  starting: `${folder}/servers.sock.starting`,
  control: `${folder}/control.sock`,
});

/** The entrypoint of the control plane that the second socket leads to. */
export const CONTROL_ENTRYPOINT = 'ServerControl';

/** Which process it is, and how the one before it ended. Times are in milliseconds since 1970. */
export interface ServersRun {
  /** Counts the starts since the control plane's, from 1; 0 before the first. */
  readonly run: number;
  readonly startedAt: number;
  readonly isUp: boolean;
  readonly previous: { readonly run: number; readonly endedAt: number; readonly reason: EndReason } | null;
}

/** Why a process ended: it did not answer while it computed, took too much memory, or crashed by itself. */
export type EndReason = 'unresponsive' | 'memory' | 'crash';
