import { createSubscriber } from 'svelte/reactivity';

/** The present, ticking once a second, and only while something on the page shows it. */
class Clock {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  /** Milliseconds since the epoch. Read in an effect or a template, it makes that run again each second. */
  get now(): number {
    this.#subscribe();
    return Date.now();
  }
}

export const clock = new Clock();
