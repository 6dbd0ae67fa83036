/** The session of this page, and the API client that uses it. */
import { createClient } from '@supabase/supabase-js';
import { Account } from '#lib/account/account.ts';
import { createApi } from '#lib/api/create-api.ts';
import { Me } from '#lib/team/me.svelte.ts';
import { Instance, ProjectSettings } from './instance.svelte.ts';
import { type Issuer, Session } from './session.svelte.ts';
import { SESSION_KEY } from './storage-key.ts';

export const api = createApi({
  getToken: () => session.token(),
  team: () => me.team,
  onUnauthorized: () => void session.handleUnauthorized(),
});

export const instance = new Instance<Issuer>({
  config: () => api.instance.config(),
  connect: ({ url, key, issuer }) => ({
    kind: issuer,
    auth: createClient(url, key, {
      auth: { detectSessionInUrl: false, flowType: 'pkce', storageKey: SESSION_KEY },
    }).auth,
  }),
  settings: async ({ url, key }) => {
    const response = await fetch(`${url}/auth/v1/settings`, { headers: { apikey: key } });
    return ProjectSettings.parse(await response.json());
  },
});

export const session: Session = new Session(instance.client);

export const account = new Account(session);

/** The user's role, and the team that they act for. */
export const me: Me = new Me(api, localStorage);

void instance.load();
