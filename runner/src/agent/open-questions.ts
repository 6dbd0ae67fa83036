/** Questions to the edge without an answer yet. They are asked again on each new connection. */
export class OpenQuestions<Answer> {
  readonly #open = new Map<
    string,
    { readonly frame: string; readonly answer: PromiseWithResolvers<Answer> }
  >();

  /** Adds a question, by its request. Resolves with the answer. */
  add(request: string, frame: string): Promise<Answer> {
    const answer = Promise.withResolvers<Answer>();
    this.#open.set(request, { frame, answer });
    return answer.promise;
  }

  /** Answers a question. One that isn't open is ignored: it was asked twice, and answered twice. */
  answer(request: string, answer: Answer): void {
    this.#open.get(request)?.answer.resolve(answer);
    this.#open.delete(request);
  }

  /** Answers all open questions alike. */
  answerAll(answer: Answer): void {
    for (const request of this.#open.keys()) this.answer(request, answer);
  }

  /** The frames to send again. */
  get frames(): string[] {
    return [...this.#open.values()].map(({ frame }) => frame);
  }

  /** Rejects all open questions: no more answers will come. */
  reject(reason: unknown): void {
    for (const { answer } of this.#open.values()) answer.reject(reason);
    this.#open.clear();
  }
}
