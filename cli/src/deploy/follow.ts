/** Follows a deployment until it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, hasEnded, type LogLine, type Phase } from '@appflux/protocol';
import type { Context, Session } from '../context.ts';
import { EXIT, type Exit } from '../exit.ts';
import { oneLine } from '../output/sanitize.ts';
import { WebSocket } from './web-socket.ts';

/** How often a waiting deployment is asked for the reason, and an ended log for its deployment, in milliseconds. */
const ASK_EVERY_MS = 2000;
/** The record of a deployment follows the end of its log; longer than this it takes only if something is wrong. */
const RECORD_WITHIN_MS = 60_000;

/** Where lines go. */
export interface LinePrinter {
  lines(lines: readonly LogLine[]): void;
  note(text: string): void;
}

/**
 * Passes the log to a printer until it ends, and gives the deployment as it ended.
 * @throws AppFluxError if the instance refuses, or the reason of the signal
 */
export async function followDeployment(
  { client }: Pick<Session, 'client'>,
  id: string,
  printer: LinePrinter,
  signal: AbortSignal,
): Promise<Deployment> {
  const ended = new AbortController();
  const watched = AbortSignal.any([signal, ended.signal]);
  const waiting = reportWaiting(client, id, printer, watched);
  try {
    await client.logs.follow(
      id,
      {
        lines: (lines, missing) => {
          if (missing !== null) printer.note(`Lines ${missing.from} to ${missing.to} are missing.`);
          printer.lines(lines);
        },
        rewind: () => printer.note('The log begins again.'),
      },
      { WebSocket, signal },
    );
  } finally {
    ended.abort();
    await waiting;
  }
  return endOf(client, id, signal);
}

/** Tells why a deployment is waiting, each reason once, until it runs. */
async function reportWaiting(
  client: Session['client'],
  id: string,
  printer: LinePrinter,
  signal: AbortSignal,
): Promise<void> {
  let told: string | null = null;
  try {
    for (;;) {
      const { status, waitingFor } = await client.deployments.get(id, { signal });
      if (status !== 'queued') return;
      if (waitingFor !== null && waitingFor !== told) printer.note(`Waiting: ${oneLine(waitingFor)}`);
      told = waitingFor;
      await sleep(ASK_EVERY_MS, undefined, { signal });
    }
  } catch {
    // It ended, or the instance can't be reached: following the log shows that, and this is only a remark.
  }
}

async function endOf(client: Session['client'], id: string, signal: AbortSignal): Promise<Deployment> {
  const until = Date.now() + RECORD_WITHIN_MS;
  for (;;) {
    const deployment = await client.deployments.get(id, { signal });
    if (hasEnded(deployment.status) || Date.now() > until) return deployment;
    await sleep(500, undefined, { signal });
  }
}

/** The exit code of a deployment that has ended. */
export const exitOf = ({ status }: Pick<Deployment, 'status'>): Exit =>
  status === 'success' ? EXIT.success : EXIT.failed;

/** Prints lines; the one that opens a phase stands out. @param print `note` or `result` of the output */
export class TextPrinter implements LinePrinter {
  readonly #print: (text: string) => void;
  readonly #context: Context;
  #phase: Phase | null = null;
  /** While a question is on the screen, lines wait. */
  #held: string[] | null = null;

  constructor(context: Context, print: (text: string) => void) {
    this.#context = context;
    this.#print = print;
  }

  lines(lines: readonly LogLine[]): void {
    const { dim, bold } = this.#context.output.noteColors;
    for (const { phase, stream, text } of lines) {
      const opensPhase = phase !== null && phase !== this.#phase;
      this.#phase = phase ?? this.#phase;
      if (stream === 'system') this.#out(opensPhase ? bold(text) : dim(text));
      else this.#out(text);
    }
  }

  note(text: string): void {
    this.#out(this.#context.output.noteColors.dim(text));
  }

  /** Holds everything back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const text of held) this.#print(text);
  }

  #out(text: string): void {
    if (this.#held === null) this.#print(text);
    else this.#held.push(text);
  }
}
