/** Which runner looks at a repository. Pure. */
import type { RunnerDisk } from '@appflux/protocol';

/** A runner that is connected. */
export interface Looker {
  id: string;
  /** How many builds it has. */
  busy: number;
  draining: boolean;
  /** What it does besides building. */
  features: readonly string[];
  disk?: RunnerDisk;
}

/** The feature by which a runner says that it looks. */
const LOOK = 'look';

/**
 * Of the runners that look, the one with the fewest looks, then the fewest builds; null if there is none. A look takes no
 * slot, so a runner whose slots are all in use is asked, too; not one that drains or whose disk is full.
 * @param looking the ids of the runners that are looking, one for each look
 */
export function chooseLooker(runners: readonly Looker[], looking: readonly string[]): Looker | null {
  const looks = ({ id }: Looker) => looking.filter((other) => other === id).length;
  const able = runners.filter(
    ({ features, draining, disk }) => features.includes(LOOK) && !draining && disk?.low !== true,
  );
  return able.sort((a, b) => looks(a) - looks(b) || a.busy - b.busy || (a.id < b.id ? -1 : 1))[0] ?? null;
}
