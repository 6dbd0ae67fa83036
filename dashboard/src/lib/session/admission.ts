/** Starting a provider sign-in for an invited user, which only the embedded issuer has. */
import { z } from 'zod';
import { type Problem, problem } from './problem.ts';

const Refusal = z.looseObject({ error_code: z.string(), msg: z.string() });
const Destination = z.looseObject({ url: z.url() });

/**
 * Requests the provider's URL from the embedded issuer. `authorizeUrl` is the one that supabase-js would open. The
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
    if (response.ok) return Destination.parse(body);
    const { error_code: code, msg } = Refusal.parse(body);
    return { problem: problem(code, msg) };
  } catch {
    // No response, or one from a proxy: neither says anything about the invitation.
    return { problem: problem('unreachable') };
  }
}
