/** What an instance says when it refuses a connection. */
import type { IncomingMessage } from 'node:http';
import { ErrorBody } from '@appflux/protocol';

/** Refusals are far shorter. */
const MOST_BYTES = 16_384;

/** The error in the body of an answer; undefined if it is none of AppFlux, or doesn't arrive within so many milliseconds. */
export async function readRefusal(
  response: IncomingMessage,
  withinMs: number,
): Promise<ErrorBody['error'] | undefined> {
  const late = setTimeout(() => response.destroy(), withinMs);
  let text = '';
  try {
    response.setEncoding('utf8');
    for await (const chunk of response) {
      text += chunk;
      if (text.length > MOST_BYTES) return undefined;
    }
    return ErrorBody.parse(JSON.parse(text)).error;
  } catch {
    // A proxy's page, or a connection that broke off: the status says what there is to say.
    return undefined;
  } finally {
    clearTimeout(late);
  }
}
