/** When a command has to end: on a signal, or when the process that started it is gone. */

/**
 * Signals closer together than this count as one: a terminal sends Ctrl-C to everyone, and parents pass it on.
 * Milliseconds.
 */
const ONE_SIGNAL_MS = 1_000;

/** Whether a signal is a new request, or the echo of the one before. Times in milliseconds. */
export function isAnotherSignal(previousAt: number, at: number): boolean {
  return at - previousAt > ONE_SIGNAL_MS;
}

/** Waits for the first request to end; at the second, `force` is called. */
export function stopRequested(force: () => void): Promise<void> {
  return new Promise((resolve) => {
    let lastAt: number | null = null;
    const onSignal = () => {
      const at = performance.now();
      if (lastAt !== null && isAnotherSignal(lastAt, at)) force();
      lastAt ??= at;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    // bootstrap.mjs holds the other end of this channel.
    process.on('disconnect', () => resolve());
    process.channel?.unref();
  });
}
