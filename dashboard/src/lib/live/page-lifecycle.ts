/** The visibility and connectivity of the page. */
export interface PageLifecycle {
  visible(): boolean;
  /** Calls back when the page becomes visible or the network is back. Returns a function that stops it. */
  onWake(wake: () => void): () => void;
}

export const browserPage: PageLifecycle = {
  visible: () => document.visibilityState === 'visible',
  onWake: (wake) => {
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('visibilitychange', () => browserPage.visible() && wake(), { signal });
    window.addEventListener('online', wake, { signal });
    return () => stop.abort();
  },
};
