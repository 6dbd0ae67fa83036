/** The layouts of split pools that this isolate knows. Others are called as if they were never split, which most are not. */
import { type Layout, UNDIVIDED } from './layout.ts';

/** Split pools are those of large teams. */
const MOST = 1_000;

const known = new Map<string, Layout>();

export const knownLayout = (ownerId: string): Layout => known.get(ownerId) ?? UNDIVIDED;

/** Of two layouts the newer one counts. */
export function noteLayout(ownerId: string, layout: Layout): void {
  if (layout.generation <= knownLayout(ownerId).generation) return;
  known.delete(ownerId);
  known.set(ownerId, layout);
  const [oldest] = known.keys();
  if (known.size > MOST && oldest !== undefined) known.delete(oldest);
}
