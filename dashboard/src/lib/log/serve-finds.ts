/** Finds lines for a page, in a worker: the search through a long log would keep the page from reacting. */
import { isAppFluxError } from '@appflux/protocol';
import { ArchiveReader } from './archive-reader.ts';
import type { FromWorker, Receiver, ToWorker } from './find-messages.ts';
import type { Wanted } from './line-finder.ts';

type Request = Extract<ToWorker, { type: 'request' }>;

/** A search that goes on. */
interface Running {
  readonly id: number;
  readonly stop: AbortController;
  /** Resolves with how to request the log. */
  readonly request: PromiseWithResolvers<Request>;
}

/**
 * Finds lines of one log.
 * @param page receives what is found
 * @param send `fetch`
 * @returns takes the messages of the page
 */
export function serveFinds(page: Receiver<FromWorker>, send: typeof fetch): (message: ToWorker) => void {
  const reader = new ArchiveReader();
  const running = new Map<number, Running>();
  return (message) => {
    const { id } = message;
    switch (message.type) {
      case 'find': {
        const search = { id, stop: new AbortController(), request: Promise.withResolvers<Request>() };
        running.set(id, search);
        void find(reader, message.wanted, search, page, send).finally(() => running.delete(id));
        break;
      }
      case 'request':
        running.get(id)?.request.resolve(message);
        break;
      case 'stop':
        running.get(id)?.stop.abort();
        running.delete(id);
    }
  };
}

async function find(
  reader: ArchiveReader,
  wanted: Wanted,
  search: Running,
  page: Receiver<FromWorker>,
  send: typeof fetch,
): Promise<void> {
  const { id } = search;
  try {
    for await (const lines of reader.find(wanted, search.stop.signal, () => load(search, page, send))) {
      if (lines.length > 0) page.postMessage({ id, type: 'found', lines });
    }
    page.postMessage({ id, type: 'ended' });
  } catch (error) {
    // The page has stopped it, and listens no longer.
    if (search.stop.signal.aborted) return;
    const reason = isAppFluxError(error) ? { message: error.message, hint: error.hint } : null;
    page.postMessage({ id, type: 'failed', reason });
  }
}

/** Requests the log, and gives the response to the page, which knows what a refusal means. */
async function load(
  { id, stop: { signal }, request }: Running,
  page: Receiver<FromWorker>,
  send: typeof fetch,
): Promise<ReadableStream<Uint8Array>> {
  page.postMessage({ id, type: 'load' });
  const { url, headers } = await request.promise;
  let response: Response;
  try {
    response = await send(url, { headers, signal });
  } catch (cause) {
    page.postMessage({ id, type: 'unreachable' });
    throw cause;
  }
  const { status, ok } = response;
  const body = ok ? null : await response.text();
  page.postMessage({ id, type: 'response', status, headers: Object.fromEntries(response.headers), body });
  // What was refused isn't an empty log. The page has ended the search by then.
  if (!ok) throw new Error(`The server returned ${status}.`);
  return response.body ?? new Blob().stream();
}
