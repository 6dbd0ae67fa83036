/** The client of clamd: one connection per command (clamd(8), "COMMANDS"). */
import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ClamdAddress } from '../config/clamd-address.ts';
import type { Content } from './files.ts';
import { parseVerdict, type Verdict } from './reply.ts';

/** clamd could not be reached, or its response is unusable. The message names no path of the host. */
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
  /** For connecting, and for each piece to be accepted, in milliseconds. */
  readonly transferMs: number;
  /** From the last piece to the verdict. */
  readonly verdictMs: number;
}

/** A verdict on a large archive takes minutes; the managed clamd gives up on one after ten. */
export const CLIENT_TIMEOUTS: ClientTimeouts = { transferMs: 30_000, verdictMs: 660_000 };

/** Longer than any response of clamd. */
const MAX_REPLY_BYTES = 16_384;

/**
 * Sends a command whose response is one line.
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

/** How many of the last pieces before clamd closed the connection are sent with pauses in the next try. */
const CAREFUL_PIECES = 8;
/** The pause before each of those, per retry, in milliseconds: a busy host responds slowly. */
const PAUSES_MS: readonly number[] = [50, 500];

/** Which piece, counted from 0, is the first to be sent with a pause before it. */
interface Care {
  readonly from: number;
  readonly pauseMs: number;
}

const NO_CARE: Care = { from: Number.POSITIVE_INFINITY, pauseMs: 0 };

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
  let outcome = await scanOnce(address, content, signal, timeouts, NO_CARE);
  for (const pauseMs of PAUSES_MS) {
    if ('verdict' in outcome) break;
    const care = { from: outcome.sent - CAREFUL_PIECES, pauseMs };
    outcome = await scanOnce(address, content, signal, timeouts, care);
  }
  if ('verdict' in outcome) return outcome.verdict;
  throw outcome.error;
}

/** A verdict, or that the connection broke after so many pieces, so that an answer may have been lost. */
type ScanOutcome = { readonly verdict: Verdict } | { readonly error: ClamdError; readonly sent: number };

async function scanOnce(
  address: ClamdAddress,
  content: Content,
  signal: AbortSignal,
  timeouts: ClientTimeouts,
  care: Care,
): Promise<ScanOutcome> {
  signal.throwIfAborted();
  const connection = new Connection(address, timeouts.transferMs);
  const abort = (): void => {
    connection.socket.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  let sent = 0;
  try {
    sent = await send(connection, content(), care);
    connection.socket.setTimeout(timeouts.verdictMs);
    const reply = await connection.reply;
    const verdict = parseVerdict(reply);
    if (verdict === null)
      throw new ClamdError('refused', `The malware scanner responded “${reply.slice(0, 200)}”.`);
    return { verdict };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ClamdError && error.code === 'broke_off' && sent > 0) return { error, sent };
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    connection.socket.destroy();
  }
}

/**
 * Sends each piece after its length, and a length of zero at the end. Stops early when clamd has answered. Received data
 * is read before each piece, because a write to a closed connection makes Node discard it.
 * @returns how many pieces were sent
 */
async function send(connection: Connection, pieces: AsyncIterable<Uint8Array>, care: Care): Promise<number> {
  const { socket } = connection;
  let sent = 0;
  socket.write('zINSTREAM\0');
  for await (const piece of pieces) {
    if (sent >= care.from) await setTimeout(care.pauseMs);
    await setImmediate();
    if (connection.answered) return sent;
    if (piece.length === 0) continue;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.length);
    socket.cork();
    socket.write(length);
    const more = socket.write(piece);
    socket.uncork();
    sent += 1;
    if (!more) await connection.drained();
  }
  if (!connection.answered) socket.write(Buffer.alloc(4));
  return sent;
}

/** A connection and the answer that comes over it. */
class Connection {
  readonly socket: Socket;
  readonly reply: Promise<string>;
  /** The response has arrived, or never will. */
  answered = false;

  constructor(address: ClamdAddress, transferMs: number) {
    const socket = connect(
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
    );
    this.socket = socket;
    socket.setTimeout(transferMs, () =>
      socket.destroy(new ClamdError('no_answer', 'The malware scanner does not respond.')),
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
        else if (connected)
          reject(new ClamdError('broke_off', 'The malware scanner closed the connection.', failure));
        else reject(new ClamdError('unreachable', 'The malware scanner cannot be reached.', failure));
      });
    });
    // It may reject before anyone awaits it; a later await still gets the error.
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
