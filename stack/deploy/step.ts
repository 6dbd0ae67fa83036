/** What a step of a deploy is, and what it is decided from. */
import type { KnownSecrets, SecretsPlan } from './secrets.ts';

/** How a step is done. Paths are relative to the folder of generated files. */
export type Action =
  | { readonly kind: 'wrangler'; readonly args: readonly string[] }
  | { readonly kind: 'api'; readonly path: string; readonly body: unknown }
  | { readonly kind: 'own'; readonly what: string };

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** How it is found out whether the step is needed. */
  readonly check: string;
  readonly action: Action;
  /** `unknown` if the account was not read. */
  readonly state: 'needed' | 'done' | 'unknown';
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Why nothing is deployed, a sentence each. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly secrets: SecretsPlan;
}

/** What is on this machine. */
export interface Local {
  readonly secrets: KnownSecrets;
  /** The names of the migrations in the checkout. */
  readonly migrations: readonly string[];
  /** A hash of what is uploaded, of each of the three. */
  readonly tags: { readonly worker: string; readonly servers: string; readonly pages: string };
  /** The size of the bundled Worker in gzip. Bytes. */
  readonly workerBytes: number;
}

/** The generated files. */
export const FILES = {
  worker: 'wrangler.json',
  servers: 'wrangler.servers.json',
  cors: 'cors.json',
  lifecycle: 'lifecycle.json',
  secrets: 'secrets.json',
  upload: 'upload.json',
  pages: 'pages',
} as const;
