/** The session of this page, and the API client that uses it. */
import { createApi } from '#lib/api/create-api.ts';
import { connection } from '#lib/offline/connection.svelte.ts';
import { PendingChanges } from '#lib/progress/pending.svelte.ts';
import { Me } from '#lib/team/me.svelte.ts';
import { Instance, projectSettings } from './instance.svelte.ts';
import { type Issuer, Session } from './session.svelte.ts';
import { SESSION_KEY } from './storage-key.ts';

/** Changes that the server hasn't answered yet. */
export const pending = new PendingChanges();

export const api = createApi({
  getToken: () => session.token(),
  team: () => me.team,
  onUnauthorized: () => void session.handleUnauthorized(),
  fetch: pending.counted(connection.fetch),
});

export const instance = new Instance<Issuer>({
  config: () => api.instance.config(),
  connect: async ({ url, key, issuer }) => {
    const { createAuthClient } = await import('./auth-client.ts');
    return { kind: issuer, auth: createAuthClient(url, key, { storageKey: SESSION_KEY }) };
  },
  settings: async ({ url, key }) => {
    const response = await fetch(`${url}/auth/v1/settings`, { headers: { apikey: key } });
    return projectSettings(await response.json());
  },
});

export const session: Session = new Session({
  connect: () => instance.connect(),
  kind: () => instance.auth?.issuer ?? null,
  storage: localStorage,
  onStored: (changed) =>
    addEventListener('storage', ({ key }) => {
      // Null means that everything was removed.
      if (key === SESSION_KEY || key === null) changed();
    }),
});

/** The user's role, and the team that they act for. */
export const me: Me = new Me(api, localStorage);

void instance.load();
