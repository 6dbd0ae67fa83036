/** Starting a provider sign-in for an invited user, which only the embedded issuer has. */
import { z } from 'zod';
import { type Problem, problem } from './problem.ts';

const Refusal = z.looseObject({ error_code: z.string(), msg: z.string() });
const Destination = z.looseObject({ url: z.url() });

/**
 * Asks the embedded issuer for the provider's URL. `authorizeUrl` is the one that supabase-js would open; the invitation
 * goes into the body, where no log sees it.
 */
export async function admissionTo(
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
    // No answer, or one that a proxy wrote: neither says anything about the invitation.
    return { problem: problem('unreachable') };
  }
}
