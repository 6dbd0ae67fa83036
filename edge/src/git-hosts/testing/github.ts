/** A GitHub of a test's own (stack/stand-ins/github-app), and an instance that has its App. */
import { env } from 'cloudflare:workers';
import { inject } from 'vitest';
import type { Control, Shown } from '../../../../stack/stand-ins/github-app/start.ts';
import { metadataOf } from '../../metadata/index.ts';
import { githubAddress } from '../github-app/address.ts';
import { sealCredentials } from '../github-app/credentials.ts';

export interface TestGithub extends Disposable {
  /** Arranges it, and gives how it stands. */
  control(wanted?: Control): Promise<Shown>;
  /** Registers its App with this instance without a browser. */
  registered(): Promise<void>;
  /** The key of a repository there. */
  repoKey(fullName: string): string;
  /** Where Git would clone it from. */
  repoUrl(fullName: string): string;
}

/** Connects the Worker under test with a GitHub that nothing else uses, until it is disposed of. */
export function testGithub(): TestGithub {
  const url = `${inject('github')}/w/${crypto.randomUUID()}`;
  const before = [env.GITHUB_URL, env.GITHUB_API_URL] as const;
  env.GITHUB_URL = url;
  env.GITHUB_API_URL = `${url}/api`;
  const control = async (wanted: Control = {}): Promise<Shown> => {
    const response = await fetch(`${url}/control`, { method: 'POST', body: JSON.stringify(wanted) });
    return response.json();
  };
  const { host } = new URL(url);
  return {
    control,
    async registered() {
      const { app, privateKey } = await control();
      const { clientId, clientSecret, webhookSecret } = app;
      const kept = await metadataOf(env).github.keepApp({
        host: githubAddress(env).host,
        appId: String(app.id),
        slug: app.slug,
        name: 'AppFlux test',
        clientId,
        htmlUrl: `${url}/apps/${app.slug}`,
        account: 'octo-org',
        sealed: await sealCredentials(env, host, { privateKey, webhookSecret, clientSecret }),
        createdAt: '2026-11-29T12:00:00.000Z',
      });
      if (kept.appId !== String(app.id))
        throw new Error('another GitHub App is registered: call forgetAll first');
    },
    repoKey: (fullName) => `${host}/${fullName}`.toLowerCase(),
    repoUrl: (fullName) => `http://${host}/${fullName}.git`,
    [Symbol.dispose]() {
      const [web, api] = before;
      if (web === undefined) delete env.GITHUB_URL;
      else env.GITHUB_URL = web;
      if (api === undefined) delete env.GITHUB_API_URL;
      else env.GITHUB_API_URL = api;
    },
  };
}

/** An installation that a team has connected. */
export async function connected(
  github: TestGithub,
  ownerId: string,
  { id, account }: { id: number; account: { id: number; login: string; type: 'User' | 'Organization' } },
): Promise<string> {
  const { host } = githubAddress(env);
  const key = `${host}:${id}`;
  const metadata = metadataOf(env);
  await metadata.github.keepInstallation({
    id: key,
    host,
    accountId: String(account.id),
    account: account.login,
    accountType: account.type,
    selection: 'all',
    htmlUrl: github.repoUrl('settings/installations'),
    suspendedAt: null,
    createdAt: '2026-11-29T12:00:00.000Z',
  });
  await metadata.github.bindInstallation(key, ownerId);
  return key;
}
