/** How many containers a host has that are started before there is a build for them. */
import type { Settings } from '../../config/settings.ts';
import type { Journal } from '../../journal.ts';
import { hasOwnKernel } from '../container-spec.ts';
import { diskLimit } from '../disk/limit.ts';
import { canMakeNamespaces } from '../namespaces/namespace-maker.ts';

/** Where nothing is set. More would only help builds that begin in the same moment. */
const BY_DEFAULT = 1;

/** What decides whether any can wait. */
export type PreparingHost = Pick<Settings, 'executor' | 'ephemeral' | 'runtime'>;

/**
 * Why a runner can't make them; null if it can. Their mounts come after their start, which takes what a file system per
 * build takes (disk/limit.ts), and the host's kernel.
 */
export async function unpreparable(host: PreparingHost): Promise<string | null> {
  if (host.executor === 'host') return 'builds run without containers';
  if (host.ephemeral) return 'the runner ends after its first build';
  if (hasOwnKernel(host.runtime)) return `the runtime ${host.runtime} brings a kernel of its own`;
  const limit = await diskLimit();
  return limit.kind === 'watch' ? limit.why : null;
}

/**
 * How many wait. Where there can be none, the journal says why, if the setting asks for some.
 * @param slots how many builds run in parallel: no more can be needed
 */
export async function sandboxesToPrepare(
  settings: PreparingHost & Pick<Settings, 'prepared'>,
  slots: number,
  journal: Journal,
): Promise<number> {
  const { prepared = BY_DEFAULT } = settings;
  if (prepared === 0) return 0;
  const why = await unpreparable(settings);
  if (why === null) return Math.min(prepared, slots);
  if (settings.prepared !== undefined) journal.warn('No sandboxes are prepared', { reason: why });
  return 0;
}

/** More containers rarely start at a time. */
const MOST_MAKERS = 4;

/**
 * How many containers make network namespaces for builds (namespaces/). They need what sandboxes that wait need of a host.
 * @param slots how many builds run in parallel
 */
export async function namespaceMakers(
  settings: PreparingHost & Pick<Settings, 'network'>,
  slots: number,
): Promise<number> {
  if (settings.network === 'bridge' || (await unpreparable(settings)) !== null) return 0;
  return (await canMakeNamespaces()) ? Math.min(slots, MOST_MAKERS) : 0;
}
