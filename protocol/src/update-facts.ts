/**
 * What update feeds need to know of an artifact. Runners collect these facts into the artifact's `meta`, the edge reads
 * them from there. A build decides what its files say, so a fact of another shape counts as absent.
 */
import { z } from 'zod';
import type { ArtifactMeta } from './deployment.ts';

/** A SHA-512 in base64, as electron-updater compares it. */
export const Sha512 = z.string().regex(/^[A-Za-z0-9+/]{86}==$/);

/** The feed of an Electron app that lists a file: of Windows, of macOS, or of Linux on one processor. */
export const ElectronFeed = z.union([
  z.enum(['windows', 'mac']),
  z.templateLiteral(['linux-', z.string().regex(/^[a-z0-9]{1,20}$/)]),
]);
export type ElectronFeed = z.infer<typeof ElectronFeed>;

export const UpdateFacts = z.object({
  sha512: Sha512.optional().catch(undefined),
  /** The feed that the build's own `latest*.yml` lists the file in. */
  updateFeed: ElectronFeed.optional().catch(undefined),
  /** The version that the build's own `latest*.yml` says. */
  updateVersion: z.string().max(100).optional().catch(undefined),
  /** Bytes at the end of the file that describe its blocks, for differential downloads. */
  blockMapSize: z.int().positive().optional().catch(undefined),
  isAdminRightsRequired: z.boolean().optional().catch(undefined),
  minimumSystemVersion: z.string().max(40).optional().catch(undefined),
  /** Tauri's signature of the file: its `.sig` file, which is a minisign signature in base64. */
  signature: z
    .string()
    .max(500)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/)
    .optional()
    .catch(undefined),
});
export type UpdateFacts = z.infer<typeof UpdateFacts>;

/** The facts in an artifact's `meta`. */
export const updateFactsOf = (meta: z.infer<typeof ArtifactMeta>): UpdateFacts => UpdateFacts.parse(meta);
