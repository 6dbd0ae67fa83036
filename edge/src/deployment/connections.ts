/** The WebSockets of a deployment: the runner's, and those of the viewers of its log. */
import type { Viewers } from '../logs/viewers.ts';
import { handling, wasClosed } from '../sockets/close.ts';
import type { CutOff } from '../sockets/cut-off.ts';
import { tooManyConnections } from '../sockets/sender-budget.ts';
import type { Attempt } from './attempt.ts';
import { type AttemptSocket, staleAttempt } from './attempt-socket.ts';
import type { DeploymentLog } from './log.ts';
import type { Machine } from './machine.ts';
import type { Saved } from './saved.ts';
import type { State } from './state.ts';

export interface ConnectionsOptions {
  readonly ctx: DurableObjectState;
  /** For the Worker's log. */
  readonly name: () => string;
  readonly machine: Machine;
  readonly attempt: Attempt;
  readonly socket: AttemptSocket;
  readonly viewers: Viewers;
  readonly log: DeploymentLog;
  readonly cutOff: CutOff;
}

export class Connections {
  readonly #options: ConnectionsOptions;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /**
   * Answers an upgrade to `/viewer?after=&by=` or `/attempt/:n`, as `DeploymentObject.fetch` says. `known` gives the
   * deployment also when it has ended and left this object.
   */
  async open(request: Request, known: () => Promise<Saved | null>): Promise<Response> {
    const { attempt, socket, viewers, log, cutOff } = this.#options;
    const url = new URL(request.url);
    const state = this.#state();
    if (url.pathname !== '/viewer') {
      return state === null
        ? staleAttempt()
        : attempt.accept(request, Number(url.pathname.split('/').at(-1)));
    }
    if (state === null) return new Response(null, { status: (await known()) === null ? 404 : 410 });
    if (state.logKey !== null) return new Response(null, { status: 410 });
    const by = url.searchParams.get('by') ?? '';
    const wait = cutOff.waitFor(`viewer ${by}`, Date.now());
    if (wait > 0) return tooManyConnections(wait);
    const wereThere = viewers.arePresent;
    const answer = viewers.accept(Number(url.searchParams.get('after') ?? 0), by, { state, log: log.store });
    if (!wereThere && viewers.arePresent) socket.sendWatched(true);
    return answer;
  }

  /** Handles a message, unless its connection is closed already. */
  async message(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const { ctx, name, attempt, socket, viewers, log, cutOff } = this.#options;
    if (wasClosed(ws)) {
      // Its second tag says whose connection it is.
      cutOff.ignore(ws, ctx.getTags(ws)[1] ?? '');
      return;
    }
    const state = this.#state();
    if (state === null) return;
    await handling(ws, name, () =>
      socket.owns(ws)
        ? attempt.message(ws, message)
        : viewers.message(ws, message, state.logKey === null ? { state, log: log.store } : null),
    );
  }

  /** A connection has ended. */
  closed(ws: WebSocket): void {
    const { attempt, socket, viewers } = this.#options;
    if (socket.owns(ws)) {
      attempt.closed(ws);
      return;
    }
    viewers.closed(ws);
    if (!viewers.arePresent) socket.sendWatched(false);
  }

  /** The deployment's state; null when it was removed or is being removed. */
  #state(): State | null {
    const { machine } = this.#options;
    return machine.isClosing ? null : (machine.saved?.state ?? null);
  }
}
