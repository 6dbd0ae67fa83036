import { memberOf } from '#lib/api/member.ts';

/**
 * Deletes the account that the token belongs to; `url` is the issuer's origin. supabase-js has no call for it: with
 * Supabase, only a server may. Returns an error message, or null on success.
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
    const message = memberOf(await response.json(), 'msg');
    return typeof message === 'string'
      ? message
      : `The server returned ${response.status}. Try again in a moment.`;
  } catch {
    // No response, or a proxy's, whose text is not meant for users.
    return 'AppFlux didn’t respond. Try again in a moment.';
  }
}
