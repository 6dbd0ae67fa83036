/** Identifiers and names that travel between the parts. */
import { z } from 'zod';

/** A record's id: a MongoDB ObjectId written as 24 lower-case hex digits, in every metadata backend. */
export const ObjectId = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'An id must be 24 hexadecimal digits')
  .meta({ example: '66f2a1c04b7e9d0012345678' });

/** A user's id, as Supabase Auth assigns it. */
export const UserId = z.uuid();

/**
 * An app's name in URLs and host names. It becomes a DNS label (RFC 1035 §2.3.1), and `--` is reserved for the URL of
 * a single deployment (`{deploymentId}--{slug}`).
 */
export const Slug = z
  .string()
  .min(1)
  .max(40)
  .regex(
    /^[a-z0-9](?:[a-z0-9]|-(?!-))*$/,
    'A slug consists of lower-case letters, digits and single hyphens, and begins with a letter or digit',
  )
  .regex(/[a-z0-9]$/, 'A slug must end with a letter or digit');

/** Slugs that would shadow a path of the platform itself. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  'a',
  'admin',
  'api',
  'app',
  'apps',
  'assets',
  'auth',
  'dashboard',
  'dl',
  'docs',
  'hooks',
  'login',
  'new',
  'runners',
  'settings',
  'sites',
  'status',
  'www',
]);

/** The slug that a display name suggests: lower case, hyphens for everything else, at most 40 characters. */
export function slugFromName(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return slug === '' ? 'app' : slug;
}

/** The name of an environment variable (POSIX.1-2024 §8.1, without a leading digit). */
export const VariableName = z
  .string()
  .max(128)
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    'A variable name consists of letters, digits and underscores, and can’t start with a digit',
  );

/** Where a deployment goes: production, or a preview. */
export const Environment = z.enum(['production', 'preview']);
export type Environment = z.infer<typeof Environment>;

/** A time, ISO 8601 in UTC. */
export const Timestamp = z.iso.datetime().meta({ example: '2026-11-01T12:00:00.000Z' });

/** A SHA-256 digest in lower-case hex. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'A SHA-256 is 64 hexadecimal digits');
