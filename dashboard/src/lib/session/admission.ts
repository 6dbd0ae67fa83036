/** Starting a provider sign-in for an invited user, which only the embedded issuer has. */
import { memberOf } from '#lib/api/member.ts';
import { type Problem, problem } from './problem.ts';

/**
 * Requests the provider's URL from the embedded issuer. `authorizeUrl` is the one that the issuer’s client would open. The
 * invitation is in the body, so that it isn't logged.
 */
export async function authorizeInvited(
  send: typeof fetch,
  authorizeUrl: string,
  invitation: string,
): Promise<{ url: string } | { problem: Problem }> {
  try {
    const response = await send(authorizeUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ invitation }),
    });
    const body: unknown = await response.json();
    const url = memberOf(body, 'url');
    if (response.ok && typeof url === 'string' && URL.canParse(url)) return { url };
    const [code, message] = [memberOf(body, 'error_code'), memberOf(body, 'msg')];
    if (!response.ok && typeof code === 'string' && typeof message === 'string') {
      return { problem: problem(code, message) };
    }
  } catch {
    // No response, or a page: handled below, as a response of another shape.
  }
  // A proxy's response says nothing about the invitation.
  return { problem: problem('unreachable') };
}
