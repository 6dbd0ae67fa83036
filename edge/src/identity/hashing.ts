/**
 * Whose password is hashed, and when. Hashing is CPU of the isolate, about 0.2 s without a pause, and while it lasts
 * the isolate does nothing else. So passwords are hashed one after the other, with time for everything else in
 * between, and only a few may wait: the rest are refused immediately.
 */
import { AuthRefusal } from './auth-refusal.ts';

/** Who wants a password hashed. */
export interface Visitor {
  /** The device or session that has signed in before; null for one that hasn't, of which there may be any number. */
  known: string | null;
  /** The network address; null when it is not known. */
  address: string | null;
}

/** How many may wait at the same time: of those who are known and of those who are not, and by one of them. */
const MOST = { known: 4, unknown: 4, perDevice: 2, perAddress: 2 } as const;

/** What everything else has between two hashes, in milliseconds: about what a hash takes. */
const REST_MS = 200;

/** How often one who waits looks whether it is their turn, in milliseconds. */
const LOOK_EVERY_MS = 10;

/** A place that nobody has looked from for so long is free: its request was broken off. In milliseconds. */
const ABANDONED_MS = 10_000;

/** When to come back, in seconds. */
const RETRY_AFTER_SECONDS = 2;

interface Place {
  visitor: Visitor;
  /** Whether it is only the turn that it waits for. */
  ready: boolean;
  /** When its request was last seen alive, in milliseconds since 1970. */
  seenAt: number;
}

/** Whether there is room for one more beside those who wait. */
export function hasRoom(waiting: readonly Visitor[], visitor: Visitor): boolean {
  const { known, address } = visitor;
  if (known !== null) {
    const others = waiting.filter((other) => other.known !== null);
    return (
      others.length < MOST.known && others.filter((other) => other.known === known).length < MOST.perDevice
    );
  }
  const others = waiting.filter((other) => other.known === null);
  if (others.length >= MOST.unknown) return false;
  // One address cannot take all the places; where addresses aren't known, that can't be enforced.
  return address === null || others.filter((other) => other.address === address).length < MOST.perAddress;
}

let places: Place[] = [];

/** Does work that hashes a password, when it is its turn. */
export type InTurn = <Result>(hash: () => Result | Promise<Result>) => Promise<Result>;

/**
 * Gives `work` a way to hash passwords, in turn with all others. Throws AuthRefusal `over_request_rate_limit` immediately
 * when too many wait already.
 */
export async function withTurn<Result>(
  visitor: Visitor,
  work: (inTurn: InTurn) => Promise<Result>,
): Promise<Result> {
  dropAbandoned();
  if (
    !hasRoom(
      places.map((place) => place.visitor),
      visitor,
    )
  ) {
    throw new AuthRefusal(
      429,
      'over_request_rate_limit',
      'Too many people are signing in at the same time. Try again in a few seconds.',
      RETRY_AFTER_SECONDS,
    );
  }
  const place: Place = { visitor, ready: false, seenAt: Date.now() };
  places.push(place);
  try {
    return await work((hash) => hashInTurn(place, hash));
  } finally {
    leave(place);
  }
}

async function hashInTurn<Result>(place: Place, hash: () => Result | Promise<Result>): Promise<Result> {
  // In the order in which they are ready: one who waits for the database holds nobody up.
  leave(place);
  places.push(place);
  place.ready = true;
  while (places.find(({ ready }) => ready) !== place) await look(place);
  // Begins when the one before has hashed. Who is alone has held nobody up.
  if (places.length > 1) await scheduler.wait(REST_MS);
  place.seenAt = Date.now();
  try {
    return await hash();
  } finally {
    place.ready = false;
  }
}

/** Each request waits by a timer of its own: a promise of another request would end with that one. */
async function look(place: Place): Promise<void> {
  await scheduler.wait(LOOK_EVERY_MS);
  place.seenAt = Date.now();
  dropAbandoned();
  // It was taken for abandoned while the isolate was held up.
  if (!places.includes(place)) places.push(place);
}

function leave(place: Place): void {
  places = places.filter((other) => other !== place);
}

function dropAbandoned(): void {
  const oldest = Date.now() - ABANDONED_MS;
  places = places.filter(({ seenAt }) => seenAt >= oldest);
}
