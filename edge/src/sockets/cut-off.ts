/**
 * Senders that go on after their connection was closed. The platform reads a connection until its other side agrees to
 * end it, and hands over each message: a program that never agrees could keep everybody else waiting. No call ends such
 * a connection but the reset of its object, which ends all of them, as a deploy of the Worker does; so the sender is then
 * kept away for a while.
 */
import { journal } from '../journal.ts';

/** More than can be on its way when a connection is closed. */
const MOST_IGNORED = 20_000;

/** How long a sender is kept away, in milliseconds. */
const AWAY_MS = 10 * 60_000;

/** How many senders are remembered, the latest. */
const MOST_REMEMBERED = 50;

/** Where they are stored. */
const KEY = 'cut off';

/** Until when each is kept away, in Unix milliseconds. */
type CutOffs = Readonly<Record<string, number>>;

export class CutOff {
  readonly #ctx: DurableObjectState;
  readonly #name: () => string;
  readonly #ignored = new WeakMap<WebSocket, number>();
  #isResetting = false;

  /** `name` is the object's, for the Worker's log. */
  constructor(ctx: DurableObjectState, name: () => string) {
    this.#ctx = ctx;
    this.#name = name;
  }

  /** In how many milliseconds from `now` a sender may connect again; 0 when it is not kept away. */
  waitFor(sender: string, now: number): number {
    // Never longer than was meant, even if the clock was set back.
    return Math.min(AWAY_MS, Math.max(0, (this.#stored()[sender] ?? 0) - now));
  }

  /** A message came on a connection that is closed, and is not handled. */
  ignore(ws: WebSocket, sender: string): void {
    const ignored = (this.#ignored.get(ws) ?? 0) + 1;
    this.#ignored.set(ws, ignored);
    if (ignored < MOST_IGNORED || this.#isResetting) return;
    this.#isResetting = true;
    const reason = `${sender} goes on sending after it was closed`;
    journal.error(`${this.#name()}: ${reason}; it is cut off, and everybody else connects again`);
    this.#ctx.storage.kv.put(KEY, remember(this.#stored(), sender, Date.now() + AWAY_MS));
    this.#ctx.waitUntil(this.#ctx.storage.sync().then(() => this.#ctx.abort(reason)));
  }

  #stored(): CutOffs {
    return this.#ctx.storage.kv.get<CutOffs>(KEY) ?? {};
  }
}

/** The latest, with one more. */
function remember(all: CutOffs, sender: string, until: number): CutOffs {
  const others = Object.entries(all).filter(([other]) => other !== sender);
  const latest = others.sort(([, a], [, b]) => b - a).slice(0, MOST_REMEMBERED - 1);
  return Object.fromEntries([...latest, [sender, until]]);
}
