/**
 * The first labels of sites' host names. A label has 63 characters at most (RFC 1035 §2.3.4). Which kind it is of can be
 * seen in it: an App's has no two hyphens after each other, and a branch's never begins with what could be an id.
 */
import { createHash } from 'node:crypto';
import { ObjectId, Slug } from '@appflux/protocol';

const MAX_LABEL = 63;
const SEPARATOR = '--';

/** How much of a slug fits behind a deployment's id. */
const SLUG_OF_DEPLOYMENT = MAX_LABEL - 24 - SEPARATOR.length;

/** Hex digits of a branch's hash. */
const HASH_DIGITS = 10;

/** How a changed branch ends. A branch whose own name ends like that is changed, too. */
const HASHED = new RegExp(`-[0-9a-f]{${HASH_DIGITS}}$`);

/** What a host's first label asks for. */
export type SiteLabel =
  | { kind: 'release'; slug: string }
  | { kind: 'deployment'; deploymentId: string }
  | { kind: 'branch' };

/** The label of an App's release. */
export const appLabel = (slug: string): string => slug;

/** The label of one deployment. */
export const deploymentLabel = (deploymentId: string, slug: string): string =>
  `${deploymentId}${SEPARATOR}${slug.slice(0, SLUG_OF_DEPLOYMENT).replace(/-+$/, '')}`;

/**
 * The label of a branch's newest success. A name that is no label, is too long, or could be taken for something else is
 * changed, and gets a part of the SHA-256 of the name behind it.
 */
export function branchLabel(branch: string, slug: string): string {
  const room = MAX_LABEL - SEPARATOR.length - slug.length;
  return `${branchPart(branch, room)}${SEPARATOR}${slug}`;
}

function branchPart(branch: string, room: number): string {
  if (Slug.safeParse(branch).success && branch.length <= room && isPlain(branch)) return branch;
  const hash = createHash('sha256').update(branch).digest('hex').slice(0, HASH_DIGITS);
  const readable = branch
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, room - HASH_DIGITS - 1)
    .replace(/^-+|-+$/g, '');
  return readable === '' ? `branch-${hash}` : `${readable}-${hash}`;
}

/**
 * Whether a branch can't be taken for a deployment's id or for a changed branch. With two characters, the label would have
 * its hyphens where those of encoded names are (`xn--`, RFC 5891 §4.2.3.1), which no certificate is issued for.
 */
const isPlain = (branch: string): boolean =>
  branch.length !== 2 && !HASHED.test(branch) && !ObjectId.safeParse(branch).success;

/** What a label asks for; null for one that no site has. */
export function parseLabel(label: string): SiteLabel | null {
  if (label.length > MAX_LABEL) return null;
  const [first = '', second, ...more] = label.split(SEPARATOR);
  if (more.length > 0) return null;
  if (second === undefined) return Slug.safeParse(first).success ? { kind: 'release', slug: first } : null;
  if (!Slug.safeParse(second).success) return null;
  if (ObjectId.safeParse(first).success) return { kind: 'deployment', deploymentId: first };
  return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(first) ? { kind: 'branch' } : null;
}
