/** Counts what the servers of each deployment have open to the outside. A process has so many sockets for all of them. */
import { Places } from '../places.ts';

/** How many requests, WebSockets and TCP connections a deployment's servers have open at the same time in one isolate. */
export const MOST_OPEN = 100;

const places = new Places({ most: MOST_OPEN, countedForMs: 15 * 60 * 1000 });

/** Takes a place for a connection. Returns what gives it back, which may be called again; null if there is none. */
export const takePlace = (deploymentId: string, now?: number): (() => void) | null =>
  places.take(deploymentId, now);
