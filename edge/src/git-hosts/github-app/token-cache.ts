/** Tokens in memory, by what they are for. The oldest go when there are too many. */
export interface KeptToken {
  token: string;
  /** Unix milliseconds. */
  expiresAt: number;
}

export class TokenCache {
  readonly #most: number;
  readonly #tokens = new Map<string, KeptToken>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The token of a key if it is still valid at `until` (Unix milliseconds); null otherwise. */
  get(key: string, until: number): string | null {
    const kept = this.#tokens.get(key);
    return kept !== undefined && kept.expiresAt > until ? kept.token : null;
  }

  set(key: string, token: KeptToken): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, token);
    const oldest = this.#tokens.keys().next();
    if (this.#tokens.size > this.#most && !oldest.done) this.#tokens.delete(oldest.value);
  }

  /** Forgets those that match. */
  forget(matches: (key: string, token: string) => boolean): void {
    for (const [key, { token }] of this.#tokens) if (matches(key, token)) this.#tokens.delete(key);
  }
}
