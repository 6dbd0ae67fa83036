/** What browsers offer besides timers. Source: https://developer.mozilla.org/docs/Web/API/Scheduler/yield */
const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };

/** Lets the page paint and take input, in the middle of long work. A timer takes 4 ms where there is nothing to do. */
export const breathe = (): Promise<void> =>
  scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
