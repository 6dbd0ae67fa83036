/** The one session of this page, and the API on its behalf. */
import { createClient } from '@supabase/supabase-js';
import { createApi } from '#lib/api/api.ts';
import { Session } from './session.svelte.ts';

// The edge speaks for Supabase Auth on the page's own origin and wants no key, but the client insists on one.
const supabase = createClient(location.origin, 'appflux', {
  auth: { detectSessionInUrl: false, storageKey: 'appflux.session' },
});

export const session = new Session(supabase.auth);

export const api = createApi({
  fetch: (input, init) => fetch(input, init),
  token: () => session.token(),
  unauthorized: () => void session.refused(),
});
