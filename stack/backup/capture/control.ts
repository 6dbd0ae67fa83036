/**
 * The control socket of a running instance, by which another process of the same user can pause it. The instance goes on
 * by itself when that process ends or takes too long.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { messageOf, StackProblem } from '../../problem.ts';
import { connectTo, withShortPath } from '../../socket-path.ts';
import { continueProcesses, descendants, stopProcesses } from './processes.ts';

/**
 * The longest pause, in milliseconds. Runners and viewers notice nothing: a lease lasts 30 seconds, and a runner counts as
 * online for 20 seconds after its last message.
 */
export const LONGEST_PAUSE_MS = 8_000;

const Request = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('describe') }),
  z.strictObject({ op: z.literal('pause') }),
  z.strictObject({ op: z.literal('resume') }),
]);

/** What an instance says of itself: the variables of its Worker, and the environment that it was started with. */
const Description = z.object({
  /** How this machine reaches it; no slash at its end. */
  url: z.string(),
  variables: z.record(z.string(), z.string()),
  environment: z.record(z.string(), z.string()),
});
export type Description = z.infer<typeof Description>;

const Answer = z.union([
  z.object({ error: z.string() }),
  z.object({ description: Description }),
  /** For how long the instance stood still, in milliseconds; null when it went on by itself before. */
  z.object({ pausedMs: z.number().nullable() }),
  z.object({ paused: z.literal(true) }),
]);

export interface ControlServer {
  close(): void;
}

/**
 * Opens the control socket at `path`. A pause stops what `process` has started, which is all that writes to the state.
 * @param pauseMs the longest pause
 */
export async function serveControl(
  path: string,
  description: Description,
  { pid = process.pid, pauseMs = LONGEST_PAUSE_MS }: { pid?: number; pauseMs?: number } = {},
): Promise<ControlServer> {
  rmSync(path, { force: true });
  let holder: Socket | null = null;
  const server = createServer((socket) => {
    let stopped: readonly number[] = [];
    let since = 0;
    let timer: NodeJS.Timeout | undefined;
    const resume = (): number | null => {
      if (holder !== socket) return null;
      clearTimeout(timer);
      continueProcesses(stopped);
      stopped = [];
      holder = null;
      return performance.now() - since;
    };
    const answer = (value: z.infer<typeof Answer>) => void socket.write(`${JSON.stringify(value)}\n`);
    const handle = async (line: string) => {
      const { op } = Request.parse(JSON.parse(line));
      if (op === 'describe') return answer({ description });
      if (op === 'resume') return answer({ pausedMs: resume() });
      if (holder !== null) throw new Error('Another process has paused this instance');
      holder = socket;
      since = performance.now();
      stopped = descendants(pid);
      await stopProcesses(stopped).catch((error: unknown) => {
        resume();
        throw error;
      });
      // Its caller may have gone while the processes stopped.
      if (socket.destroyed) return void resume();
      timer = setTimeout(resume, pauseMs);
      answer({ paused: true });
    };
    socket.on('error', () => {
      // The connection is gone: `close` follows.
    });
    socket.on('close', () => void resume());
    createInterface({ input: socket }).on('line', (line) => {
      handle(line).catch((error: unknown) => answer({ error: messageOf(error) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    withShortPath(path, (short) => {
      server.listen(short, () => {
        // The folder is private to its user, and so is the socket.
        chmodSync(path, 0o600);
        resolve();
      });
    });
  });
  server.unref();
  return {
    close: () => {
      server.close();
      rmSync(path, { force: true });
    },
  };
}

/** The control socket of a running instance, from the other side. */
export class Control {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  /** Connects; null when nothing listens there. */
  static connect(path: string): Promise<Control | null> {
    return new Promise((resolve, reject) => {
      const absent = (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR')
          resolve(null);
        else reject(error);
      };
      try {
        const socket = connectTo(path);
        socket.once('error', absent);
        socket.once('connect', () => {
          socket.off('error', absent);
          socket.on('error', () => socket.destroy());
          resolve(new Control(socket));
        });
      } catch (error) {
        absent(error as NodeJS.ErrnoException);
      }
    });
  }

  async describe(): Promise<Description> {
    const answer = await this.#ask('describe');
    if ('description' in answer) return answer.description;
    throw unexpected(answer);
  }

  /** Pauses the instance. @throws StackProblem `backup_failed` */
  async pause(): Promise<void> {
    const answer = await this.#ask('pause');
    if (!('paused' in answer)) throw unexpected(answer);
  }

  /** Lets the instance go on. Gives how long it was paused, in milliseconds; null when it went on before. */
  async resume(): Promise<number | null> {
    const answer = await this.#ask('resume');
    if ('pausedMs' in answer) return answer.pausedMs;
    throw unexpected(answer);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(op: z.infer<typeof Request>['op']): Promise<z.infer<typeof Answer>> {
    this.#socket.write(`${JSON.stringify({ op })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw unexpected({ error: 'it ended' });
    return Answer.parse(JSON.parse(value));
  }
}

const unexpected = (answer: z.infer<typeof Answer>) =>
  new StackProblem(
    'backup_failed',
    `The running instance could not be paused (${'error' in answer ? answer.error : 'unexpected answer'})`,
    'try again; edge.log in the logs folder of the state folder can say more',
  );
