/** What live things need to know of the page: whether anybody looks, and when it is worth asking again at once. */
export interface PageLife {
  visible(): boolean;
  /** Calls back when the page is looked at again or the network is back. Answers with a function that ends it. */
  onWake(wake: () => void): () => void;
}

export const browserPage: PageLife = {
  visible: () => document.visibilityState === 'visible',
  onWake: (wake) => {
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('visibilitychange', () => browserPage.visible() && wake(), { signal });
    window.addEventListener('online', wake, { signal });
    return () => stop.abort();
  },
};
