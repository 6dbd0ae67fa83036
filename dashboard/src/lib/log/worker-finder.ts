import { AppFluxError } from '@appflux/protocol';
import type { FromWorker, Receiver, ToWorker } from './find-messages.ts';
import type { FindOptions, LineFinder, Wanted } from './line-finder.ts';

/** A worker that finds lines, or what stands for one in a test. */
export interface FindWorker extends Receiver<ToWorker> {
  terminate(): void;
}

/**
 * Starts a worker.
 * @param receive takes its messages
 * @param broken called if it can't run
 */
export type StartWorker = (receive: (message: FromWorker) => void, broken: () => void) => FindWorker;

/** Requests the log through `fetch`, and throws what the client throws. */
export type RequestLog = (signal: AbortSignal, fetch: typeof globalThis.fetch) => Promise<unknown>;

/** Finds lines in a worker, which starts with the first search. */
export class WorkerFinder implements LineFinder {
  readonly #request: RequestLog;
  readonly #start: StartWorker;
  readonly #searches = new Map<number, ReadableStreamDefaultController<FromWorker>>();
  #worker: FindWorker | null = null;
  #lastId = 0;

  constructor(request: RequestLog, start: StartWorker) {
    this.#request = request;
    this.#start = start;
  }

  async *find(wanted: Wanted, { signal, beforeLoading }: FindOptions): AsyncGenerator<readonly number[]> {
    signal.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const worker = this.#started();
    const messages = this.#messagesOf(id);
    const abort = () => this.#fail(id, signal.reason);
    signal.addEventListener('abort', abort);
    try {
      worker.postMessage({ id, type: 'find', wanted });
      for (;;) {
        const message = await next(messages);
        if (message.type === 'found') yield message.lines;
        else if (message.type === 'ended') return;
        else if (message.type === 'failed') throw failure(message.reason);
        else if (message.type === 'load') {
          await beforeLoading?.();
          await this.#request(signal, requestBy(worker, id, messages));
        }
      }
    } finally {
      signal.removeEventListener('abort', abort);
      this.#searches.delete(id);
      worker.postMessage({ id, type: 'stop' });
    }
  }

  /** Ends the worker. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #started(): FindWorker {
    this.#worker ??= this.#start(
      (message) => this.#searches.get(message.id)?.enqueue(message),
      () => this.#broken(),
    );
    return this.#worker;
  }

  #messagesOf(id: number): ReadableStreamDefaultReader<FromWorker> {
    const messages = new ReadableStream<FromWorker>({
      start: (controller) => {
        this.#searches.set(id, controller);
      },
    });
    return messages.getReader();
  }

  /** Its script is gone after an update of the server, or the browser allows no workers. The next search tries again. */
  #broken(): void {
    this.stop();
    const error = new AppFluxError('internal', 'This page couldn’t load what it searches logs with.', {
      hint: 'Reload the page. It may be older than the server.',
    });
    for (const id of this.#searches.keys()) this.#fail(id, error);
  }

  /** Ends a search. Messages for it that are on their way are dropped. */
  #fail(id: number, error: unknown): void {
    this.#searches.get(id)?.error(error);
    this.#searches.delete(id);
  }
}

async function next(messages: ReadableStreamDefaultReader<FromWorker>): Promise<FromWorker> {
  const { value } = await messages.read();
  if (value === undefined) throw new Error('The messages of a search never end by themselves.');
  return value;
}

/** A `fetch` that lets the worker make the request. Of a success, the worker keeps the body. */
function requestBy(
  worker: FindWorker,
  id: number,
  messages: ReadableStreamDefaultReader<FromWorker>,
): typeof fetch {
  return async (url, init) => {
    worker.postMessage({
      id,
      type: 'request',
      url: String(url),
      headers: Object.fromEntries(new Headers(init?.headers)),
    });
    const message = await next(messages);
    if (message.type !== 'response') throw new TypeError('Failed to fetch');
    const { status, headers, body } = message;
    return new Response(body, { status, headers });
  };
}

/** Why a search failed, as an error. */
const failure = (reason: Extract<FromWorker, { type: 'failed' }>['reason']): AppFluxError =>
  reason === null
    ? new AppFluxError('unavailable', 'The connection was lost.', {
        hint: 'Check your connection, and search again.',
      })
    : new AppFluxError('internal', reason.message, reason.hint === undefined ? {} : { hint: reason.hint });
