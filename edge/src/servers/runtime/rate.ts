/** How much each deployment may log in a minute. */
import { RUNTIME_LIMITS, type RuntimeEvent, utf8Bytes } from '@appflux/protocol';

const WINDOW_MS = 60_000;

/** How many deployments are remembered; the oldest windows make room. */
const MOST_WINDOWS = 5_000;

interface Window {
  readonly since: number;
  lines: number;
  bytes: number;
}

export class LineRate {
  readonly #windows = new Map<string, Window>();

  /** Those of `events` that a deployment may still log at `now` (Unix milliseconds); the others are dropped. */
  admit(deploymentId: string, events: readonly RuntimeEvent[], now: number): RuntimeEvent[] {
    const window = this.#window(deploymentId, now);
    return events.filter((event) => {
      const bytes = sizeOf(event);
      const fits =
        window.lines < RUNTIME_LIMITS.linesPerMinute && window.bytes + bytes <= RUNTIME_LIMITS.bytesPerMinute;
      if (!fits) return false;
      window.lines += 1;
      window.bytes += bytes;
      return true;
    });
  }

  #window(deploymentId: string, now: number): Window {
    const open = this.#windows.get(deploymentId);
    // A clock that was set back must not keep a window open.
    if (open !== undefined && now >= open.since && now - open.since < WINDOW_MS) return open;
    const window = { since: now, lines: 0, bytes: 0 };
    this.#windows.delete(deploymentId);
    this.#windows.set(deploymentId, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MOST_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
    return window;
  }
}

/** About what an event takes when it is stored, in bytes. */
export const sizeOf = ({ text, stack, request }: RuntimeEvent): number =>
  100 + utf8Bytes(text) + (stack?.length ?? 0) + (request?.path.length ?? 0);
