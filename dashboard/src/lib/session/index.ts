/** The one session of this page, and the API on its behalf. */
import { createClient } from '@supabase/supabase-js';
import { createApi } from '#lib/api/api.ts';
import { Me } from '#lib/team/me.svelte.ts';
import { Instance } from './instance.svelte.ts';
import { Session } from './session.svelte.ts';

export const api = createApi({
  fetch: (input, init) => fetch(input, init),
  token: () => session.token(),
  team: () => me.team,
  unauthorized: () => void session.refused(),
});

export const instance = new Instance(
  () => api.getConfig(),
  ({ url, key }) =>
    createClient(url, key, {
      auth: { detectSessionInUrl: false, flowType: 'pkce', storageKey: 'appflux.session' },
    }).auth,
);

export const session: Session = new Session(instance.client);

/** What the person signed in may do, and in which team. */
export const me: Me = new Me(api, localStorage);

void instance.ask();
