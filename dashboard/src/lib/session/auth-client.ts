/** The client of the issuer. A module of its own, because it is large: pages load it when they need it. */
import { AuthClient, type GoTrueClient } from '@supabase/auth-js';

type Options = Pick<
  NonNullable<ConstructorParameters<typeof AuthClient>[0]>,
  'storageKey' | 'storage' | 'autoRefreshToken' | 'fetch'
>;

/**
 * A client of Supabase Auth's API, as supabase-js would create it.
 * @param url the origin of the issuer
 * @param key the public API key
 */
export const createAuthClient = (url: string, key: string, options: Options): GoTrueClient =>
  new AuthClient({
    url: `${url}/auth/v1`,
    headers: { Authorization: `Bearer ${key}`, apikey: key },
    detectSessionInUrl: false,
    flowType: 'pkce',
    ...options,
  });
