/** The interface between the log viewer and what finds lines in an archived log. */

/** Which lines to find: those with words in their visible text, or those where errors start. */
export type Wanted = { readonly kind: 'words'; readonly words: string } | { readonly kind: 'errors' };

export interface FindOptions {
  readonly signal: AbortSignal;
  /** Awaited before the log is loaded. It isn't called for lines that are found in what was loaded before. */
  readonly beforeLoading?: () => Promise<void>;
}

export interface LineFinder {
  /**
   * Yields the sequence numbers of lines in batches, in order. Throws AppFluxErrors, what `beforeLoading` throws, and the
   * reason of the signal.
   */
  find(wanted: Wanted, options: FindOptions): AsyncIterable<readonly number[]>;
}
