/** Refusing the upgrade to a WebSocket, from an object through the Worker to the client. */
import type { AppFluxError } from '@appflux/protocol';

/** An object's answer to an upgrade that it refuses: what the API answers for the same error. */
export function refuseUpgrade(refusal: AppFluxError): Response {
  const { retryAfterSeconds } = refusal;
  return Response.json(refusal.toBody(), {
    status: refusal.status,
    headers: {
      'Cache-Control': 'no-store',
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    },
  });
}

/** What an object answered an upgrade: its refusal as a copy, because the headers of its own cannot be added to. */
export const passOn = (answer: Response): Response =>
  answer.webSocket === null ? new Response(answer.body, answer) : answer;
