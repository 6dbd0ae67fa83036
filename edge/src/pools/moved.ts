/**
 * How a shard answers a call that was made by an older layout than the one that counts there: nothing is done, and the call
 * is to be repeated by the newer one. To a request for a WebSocket it is a response.
 */
import { z } from 'zod';
import type { Layout } from './layout.ts';

/** Instead of what a method else gives. An error would stand in the Worker's log, and this is none. */
interface Moved {
  readonly movedTo: Layout;
}

const STATUS = 421;

const Shards = z.int().min(1);
const Answer = z.object({ generation: z.int(), shards: Shards, before: Shards, reach: Shards });

export const movedTo = (layout: Layout): Moved => ({ movedTo: layout });

/** The layout by which a call is to be repeated; null for an answer. */
export const layoutIn = (answer: unknown): Layout | null =>
  typeof answer === 'object' && answer !== null && 'movedTo' in answer ? Answer.parse(answer.movedTo) : null;

export const movedAnswer = (layout: Layout): Response => Response.json(layout, { status: STATUS });

/** The layout that an answer to an upgrade tells of; null for any other answer. */
export const layoutOf = async (answer: Response): Promise<Layout | null> =>
  answer.status === STATUS ? Answer.parse(await answer.json()) : null;
