/** Starts the viewers' process and receives its answers. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { OpenLog } from './path.ts';

export interface ViewersOrder {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly count: number;
  /** The line before the first that is expected, and the last one. */
  readonly after: number;
  readonly last: number;
  /** Whether the lines' texts begin with when they were written. */
  readonly timed: boolean;
}

export interface Latency {
  /** Lines received, by all viewers together. */
  readonly lines: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export type ViewersAnswer =
  | { readonly type: 'connected' }
  /** Every viewer has had every line once and in order. */
  | { readonly type: 'complete'; readonly bytes: number; readonly latency: Latency | null };

type Complete = Extract<ViewersAnswer, { type: 'complete' }>;

export class Viewers {
  readonly #process: ChildProcess;
  readonly complete: Promise<Complete>;

  private constructor(child: ChildProcess, complete: Promise<Complete>) {
    this.#process = child;
    this.complete = complete;
  }

  /** Resolves when all are connected. */
  static async connect(log: OpenLog, count: number, last: number, timed: boolean): Promise<Viewers> {
    const child = fork(join(import.meta.dirname, 'viewers-process.ts'));
    const failed = new Promise<never>((_, reject) => {
      child.once('exit', (code) => reject(new Error(`the viewers ended with exit code ${code}`)));
    });
    const answer = <Type extends ViewersAnswer['type']>(type: Type) =>
      new Promise<Extract<ViewersAnswer, { type: Type }>>((resolve) => {
        child.on('message', (answer: ViewersAnswer) => {
          if (answer.type === type) resolve(answer as Extract<ViewersAnswer, { type: Type }>);
        });
      });
    const complete = Promise.race([answer('complete'), failed]);
    // `complete` is awaited later; until then nobody handles its rejection.
    complete.catch(() => undefined);
    const order: ViewersOrder = {
      url: log.viewerUrl,
      protocols: log.viewerProtocols,
      count,
      after: log.lastSeq,
      last,
      timed,
    };
    child.send(order);
    await Promise.race([answer('connected'), failed]);
    return new Viewers(child, complete);
  }

  close(): void {
    this.#process.disconnect();
  }
}
