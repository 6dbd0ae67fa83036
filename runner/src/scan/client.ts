/** Speaks with clamd: one connection for each question (clamd(8), "COMMANDS"). */
import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ClamdAddress } from '../config/clamd-address.ts';
import type { Content } from './files.ts';
import { parseVerdict, type Verdict } from './reply.ts';

/** clamd could not be asked, or its answer cannot be used. The message names no path of the host. */
export class ClamdError extends Error {
  override readonly name = 'ClamdError';
  readonly code:
    | 'unreachable'
    | 'broke_off'
    | 'no_answer'
    | 'refused'
    | 'not_installed'
    | 'no_signatures'
    | 'not_ready';

  constructor(code: ClamdError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface ClientTimeouts {
  /** Until the connection stands, and for each further piece to be taken, in milliseconds. */
  readonly transferMs: number;
  /** From the last piece to the verdict. */
  readonly verdictMs: number;
}

/** A verdict on a large archive takes minutes; the managed clamd gives up on one after ten. */
export const CLIENT_TIMEOUTS: ClientTimeouts = { transferMs: 30_000, verdictMs: 660_000 };

/** No answer of clamd's is longer; what is, is not clamd's. */
const MAX_REPLY_BYTES = 16_384;

/**
 * Asks a question that has one line for an answer.
 * @throws {ClamdError}
 */
export async function askClamd(
  address: ClamdAddress,
  command: 'PING' | 'VERSION' | 'RELOAD',
  timeouts: ClientTimeouts = CLIENT_TIMEOUTS,
): Promise<string> {
  const connection = new Connection(address, timeouts.transferMs);
  try {
    connection.socket.write(`z${command}\0`);
    return await connection.reply;
  } finally {
    connection.socket.destroy();
  }
}

/** How much of what was sent before clamd hung up is sent with pauses the next time, in pieces of a file. */
const CAREFUL_PIECES = 8;
/** How long each of those waits for an answer first, time by time, in milliseconds: a busy host is slow to give one. */
const PAUSES_MS: readonly number[] = [50, 500];

/** Which piece, counted from 0, is the first to be sent with a pause before it. */
interface Care {
  readonly from: number;
  readonly pauseMs: number;
}

/**
 * Sends content through INSTREAM and gives the verdict.
 *
 * clamd answers and hangs up as soon as a limit of its own is passed. A write that meets the closed connection then makes
 * Node drop the answer unread; so what broke off while it was sent is sent again, with pauses before that place.
 * @throws {ClamdError}; the reason of `signal` if it aborts; whatever reading the content throws.
 */
export async function scanContent(
  address: ClamdAddress,
  content: Content,
  signal: AbortSignal,
  timeouts: ClientTimeouts = CLIENT_TIMEOUTS,
): Promise<Verdict> {
  let care: Care = { from: Number.POSITIVE_INFINITY, pauseMs: 0 };
  for (const pauseMs of PAUSES_MS) {
    const progress = { sent: 0 };
    try {
      return await scanOnce(address, content, signal, timeouts, progress, care);
    } catch (error) {
      const isLost = error instanceof ClamdError && error.code === 'broke_off' && progress.sent > 0;
      if (!isLost) throw error;
      care = { from: progress.sent - CAREFUL_PIECES, pauseMs };
    }
  }
  return await scanOnce(address, content, signal, timeouts, { sent: 0 }, care);
}

async function scanOnce(
  address: ClamdAddress,
  content: Content,
  signal: AbortSignal,
  timeouts: ClientTimeouts,
  progress: { sent: number },
  care: Care,
): Promise<Verdict> {
  signal.throwIfAborted();
  const connection = new Connection(address, timeouts.transferMs);
  const abort = (): void => {
    connection.socket.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await send(connection, content(), progress, care);
    connection.socket.setTimeout(timeouts.verdictMs);
    const reply = await connection.reply;
    const verdict = parseVerdict(reply);
    if (verdict === null)
      throw new ClamdError('refused', `The malware scanner answered “${reply.slice(0, 200)}”.`);
    return verdict;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    connection.socket.destroy();
  }
}

/**
 * Each piece with its length before it, and a length of zero at the end. clamd may answer before that: then enough is
 * sent. What has come is read before each piece, as a write to a closed connection would take it away.
 */
async function send(
  connection: Connection,
  pieces: AsyncIterable<Uint8Array>,
  progress: { sent: number },
  care: Care,
): Promise<void> {
  const { socket } = connection;
  socket.write('zINSTREAM\0');
  for await (const piece of pieces) {
    if (progress.sent >= care.from) await setTimeout(care.pauseMs);
    await setImmediate();
    if (connection.answered) return;
    if (piece.length === 0) continue;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.length);
    socket.cork();
    socket.write(length);
    const more = socket.write(piece);
    socket.uncork();
    progress.sent += 1;
    if (!more) await connection.drained();
  }
  if (!connection.answered) socket.write(Buffer.alloc(4));
}

/** A connection and the answer that comes over it. */
class Connection {
  readonly socket: Socket;
  readonly reply: Promise<string>;
  /** The answer is there, or will never be. */
  answered = false;

  constructor(address: ClamdAddress, transferMs: number) {
    const socket = connect(
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
    );
    this.socket = socket;
    socket.setTimeout(transferMs, () =>
      socket.destroy(new ClamdError('no_answer', 'The malware scanner does not answer.')),
    );
    let connected = false;
    let text = '';
    socket.once('connect', () => {
      connected = true;
    });
    this.reply = new Promise((resolve, reject) => {
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const end = text.indexOf('\0');
        if (end === -1 && text.length <= MAX_REPLY_BYTES) return;
        this.answered = true;
        resolve(text.slice(0, end === -1 ? MAX_REPLY_BYTES : end));
      });
      let failure: Error | undefined;
      socket.on('error', (error) => {
        failure = error;
      });
      socket.on('close', () => {
        this.answered = true;
        if (failure instanceof ClamdError) reject(failure);
        else if (connected) reject(new ClamdError('broke_off', 'The malware scanner broke off.', failure));
        else reject(new ClamdError('unreachable', 'The malware scanner cannot be reached.', failure));
      });
    });
    // It may fail while nobody waits for it yet; whoever waits later still gets the failure.
    this.reply.catch(() => undefined);
  }

  /** Resolves when more can be sent, or when nothing can be any more. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.socket.removeListener('drain', settle);
        this.socket.removeListener('close', settle);
        resolve();
      };
      if (this.socket.destroyed) {
        resolve();
        return;
      }
      this.socket.on('drain', settle);
      this.socket.on('close', settle);
    });
  }
}
