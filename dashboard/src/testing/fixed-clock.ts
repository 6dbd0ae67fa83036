/** A clock that stands still, for pictures that only change with what they show. */

/**
 * Stops this process's `Date` at a time. Modules that read the clock when they are loaded must be imported afterwards.
 * Timers go on.
 */
export function stopClock(now: Date): void {
  const Running = Date;
  globalThis.Date = class extends Running {
    constructor(...values: [] | [string | number | Date]) {
      super(...((values.length === 0 ? [now] : values) as [Date]));
    }

    static override now(): number {
      return now.getTime();
    }
  } as DateConstructor;
}
