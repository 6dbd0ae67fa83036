/** Refuses a runner of a version that this instance doesn't work with, and remembers it for the list of runners. */
import {
  AppFluxError,
  PROTOCOL,
  PROTOCOL_HEADER,
  type ProtocolFit,
  protocolFit,
  protocolOf,
} from '@appflux/protocol';
import type { Metadata, RunnerRecord } from '../metadata/metadata.ts';

/** Runners of a refused version ask again after so many seconds: someone may have upgraded them. */
const RETRY_SECONDS = 60;

const REFUSALS: Readonly<Record<Exclude<ProtocolFit, 'fits'>, { message: string; hint: string }>> = {
  too_old: {
    message: 'This runner is too old for its instance',
    hint: 'Upgrade the runner: run the install script of the instance again, or update its checkout or image (docs/runners.md).',
  },
  too_new: {
    message: 'This runner is newer than its instance',
    hint: 'Upgrade the instance, or install the runner with the install script of the instance (docs/runners.md).',
  },
};

/**
 * Takes the header with which a runner connects to its pool.
 * Throws AppFluxError `not_acceptable` unless its protocol is this one's, or the one before or after.
 */
export async function requireProtocol(
  header: string | undefined,
  runner: RunnerRecord,
  { runners }: Pick<Metadata, 'runners'>,
): Promise<void> {
  const protocol = protocolOf(header);
  const fit = protocolFit(protocol);
  const refusedProtocol = fit === 'fits' ? null : protocol;
  // It connects again and again: only a change is written.
  if (runner.refusedProtocol !== refusedProtocol) await runners.update(runner.id, { refusedProtocol });
  if (fit === 'fits') return;
  const { message, hint } = REFUSALS[fit];
  const numbers = `protocol ${protocol}, and the instance ${PROTOCOL - 1} to ${PROTOCOL + 1}`;
  throw new AppFluxError('not_acceptable', `${message}: it speaks ${numbers}`, {
    hint,
    retryAfterSeconds: RETRY_SECONDS,
  });
}

/** The answer that opens a runner's socket, with this instance's protocol. */
export function withProtocol(answer: Response): Response {
  if (answer.webSocket === null) return answer;
  const headers = new Headers(answer.headers);
  headers.set(PROTOCOL_HEADER, String(PROTOCOL));
  return new Response(null, { status: 101, webSocket: answer.webSocket, headers });
}
