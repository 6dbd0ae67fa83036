import { connection } from '#lib/offline/connection.svelte.ts';

/** The visibility and connectivity of the page. */
export interface PageLifecycle {
  visible(): boolean;
  /** Calls back when the page becomes visible or the server can be reached again. Returns a function that stops it. */
  onWake(wake: () => void): () => void;
}

export const browserPage: PageLifecycle = {
  visible: () => document.visibilityState === 'visible',
  onWake: (wake) => {
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('visibilitychange', () => browserPage.visible() && wake(), { signal });
    const stopFollowing = connection.onReturn(wake);
    return () => {
      stop.abort();
      stopFollowing();
    };
  },
};
