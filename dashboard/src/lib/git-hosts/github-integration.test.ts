import { expect, test } from 'vitest';
import { GithubApp, readGithubReturn } from './github-integration.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };
const app = {
  name: 'AppFlux Harbor',
  slug: 'appflux-harbor',
  url: 'https://github.com/apps/appflux-harbor',
  account: null,
  createdAt: '2026-11-10T12:00:00.000Z',
};

function github() {
  const calls: unknown[] = [];
  const made = new GithubApp(
    {
      github: {
        get: async () => ({
          host: 'github.com',
          app,
          canManageApp: true,
          installations: [],
          links: {
            manifest: 'https://x.example',
            start: 'https://x.example',
            repositories: 'https://x.example',
          },
        }),
        manifest: async () => ({ action: 'https://github.com', manifest: '{}' }),
        registerApp: async (body) => {
          calls.push(body);
          return app;
        },
        removeApp: async () => undefined,
        start: async () => ({ installUrl: 'https://github.com', connectUrl: 'https://github.com' }),
        connect: async (body) => {
          calls.push(body);
          return [];
        },
        disconnect: async () => undefined,
      },
    },
    page,
  );
  return { made, calls };
}
const returned = (query: string) => readGithubReturn(new URLSearchParams(query));

test('a page that GitHub didn’t lead to completes nothing', () => {
  expect(returned('')).toBe(null);
  expect(returned('code=x&state=y')).toBe(null);
  expect(returned('step=other&code=x&state=y')).toBe(null);
});

test('registering the App sends the code and the state, and nothing else', async () => {
  const { made, calls } = github();
  const answer = returned('step=created&code=c&state=s&installation_id=9');
  expect(answer && (await made.complete(answer))).toMatch(/^AppFlux Harbor is registered/);
  expect(calls).toEqual([{ code: 'c', state: 's' }]);
});

test('connecting names the installation if GitHub does', async () => {
  const { made, calls } = github();
  for (const query of ['step=installed&code=c&state=s&installation_id=9', 'step=installed&code=c&state=s']) {
    const answer = returned(query);
    if (answer) await made.complete(answer);
  }
  expect(calls).toEqual([
    { code: 'c', state: 's', installationId: '9' },
    { code: 'c', state: 's' },
  ]);
});

test('without a code or a state, nothing is sent', async () => {
  const { made, calls } = github();
  const answer = returned('step=installed&installation_id=9&setup_action=update');
  expect(answer && (await made.complete(answer))).toBe('Nothing was changed at GitHub.');
  expect(calls).toEqual([]);
});
