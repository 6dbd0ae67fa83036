/** What is known of a runner that is connected. Pure. */
import { type AnnouncedCapacity, type RunnerScanner, usableCapacity } from '@appflux/protocol';
import type { Attachment } from './connections.ts';
import type { OnlineRunner } from './online-runner.ts';

/** Labels, slots and executor are those that may be used: what is registered, narrowed by what is announced. */
export interface ConnectedRunner extends OnlineRunner {
  announced: AnnouncedCapacity;
  lastSeenAt: number;
  scanner?: RunnerScanner | undefined;
  takesPictures: boolean;
  /** What it does besides building. */
  features: readonly string[];
}

/** What a runner may be given that has `busy` slots in use; null if it has not said hello. */
export function onlineRunner(
  { id, draining, isLeaving = false, registered, hello, disk }: Attachment,
  busy: number,
): OnlineRunner | null {
  if (hello === null) return null;
  const { labels, slots, executor = 'docker' } = hello;
  return {
    id,
    name: registered.name,
    draining: draining || isLeaving,
    ...usableCapacity(registered, { labels, slots, executor }),
    refused: labels.filter((label) => !registered.labels.includes(label)),
    busy,
    ...(disk === undefined ? {} : { disk }),
  };
}

/** The same with what people see of it. `lastSeenAt` in Unix milliseconds. */
export function connectedRunner(
  attached: Attachment,
  busy: number,
  lastSeenAt: number,
): ConnectedRunner | null {
  const online = onlineRunner(attached, busy);
  const { hello, takesPictures = false, features = [] } = attached;
  if (online === null || hello === null) return null;
  const { labels, slots, scanner, executor = 'docker' } = hello;
  return { ...online, announced: { labels, slots, executor }, lastSeenAt, scanner, takesPictures, features };
}
