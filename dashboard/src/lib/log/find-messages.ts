/** What a page and the worker that finds lines for it tell each other. Each message belongs to a search, by its id. */
import type { Wanted } from './line-finder.ts';

export type ToWorker = { readonly id: number } & (
  | { readonly type: 'find'; readonly wanted: Wanted }
  /** The answer to `load`: how to request the log. */
  | { readonly type: 'request'; readonly url: string; readonly headers: Record<string, string> }
  | { readonly type: 'stop' }
);

/** The log has to be loaded. Only the page knows how: it has the session. */
type Load = { readonly type: 'load' };

export type FromWorker = { readonly id: number } & (
  | Load
  /** The server's response. The worker keeps the body of a success to itself. */
  | {
      readonly type: 'response';
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string | null;
    }
  | { readonly type: 'unreachable' }
  /** Sequence numbers of lines, in order. */
  | { readonly type: 'found'; readonly lines: readonly number[] }
  | { readonly type: 'ended' }
  /** `reason` is null if the connection was lost. */
  | {
      readonly type: 'failed';
      readonly reason: { readonly message: string; readonly hint?: string | undefined } | null;
    }
);

/** The end of a connection that messages are sent to. */
export interface Receiver<Message> {
  postMessage(message: Message): void;
}
