/** Changes that the server hasn't answered yet. */
export class PendingChanges {
  #count = $state(0);

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** A `fetch` that counts the requests that change something, until their responses begin. */
  counted(send: typeof fetch): typeof fetch {
    return async (input, init) => {
      if ((init?.method ?? 'GET') === 'GET') return send(input, init);
      this.#count += 1;
      try {
        return await send(input, init);
      } finally {
        this.#count -= 1;
      }
    };
  }
}
