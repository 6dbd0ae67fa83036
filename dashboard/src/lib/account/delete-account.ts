import { z } from 'zod';

/** How the sign-in surface says why not. */
const Refusal = z.looseObject({ msg: z.string() });

/**
 * Deletes the account of whoever the token speaks for; `url` is where the issuer answers. supabase-js has no call for
 * it: with Supabase only a server may. Answers why that did not work, in words for people, or null when it did.
 */
export async function deleteAccount(
  send: typeof fetch,
  url: string,
  token: string,
  password: string | null,
): Promise<string | null> {
  try {
    const response = await send(`${url}/auth/v1/user`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(password === null ? {} : { current_password: password }),
    });
    if (response.ok) return null;
    const refusal = Refusal.safeParse(await response.json());
    return refusal.success
      ? refusal.data.msg
      : `The server returned ${response.status}. Try again in a moment.`;
  } catch {
    // Nothing came back, or something that is no answer of ours: what stood in between is not for people to read.
    return 'AppFlux didn’t respond. Try again in a moment.';
  }
}
