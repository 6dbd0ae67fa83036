/** Registering the App, and forgetting it. */
import { AppFluxError } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../../env.ts';
import type { GithubAppRecord } from '../../metadata/github.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { githubAddress } from './address.ts';
import { callGithub, path, understood } from './call.ts';
import { sealCredentials } from './credentials.ts';

const Conversion = z.object({
  id: z.int().positive(),
  slug: z.string().min(1),
  name: z.string().min(1),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  webhook_secret: z.string().min(1).nullable(),
  pem: z.string().min(1),
  html_url: z.url(),
  owner: z.object({ login: z.string() }).nullish(),
});

/**
 * Exchanges the code that GitHub gave after the App was registered for its credentials, and keeps these, sealed. The code
 * works once. Throws HostRefusal when GitHub refuses, and AppFluxError `unprocessable` when there is an App already.
 */
export async function registerApp(env: Env, metadata: Metadata, code: string): Promise<GithubAppRecord> {
  const { host, api } = githubAddress(env);
  if ((await metadata.github.app(host)) !== null) throw alreadyThere();
  const answer = await callGithub(api, {
    method: 'POST',
    path: path`/app-manifests/${code}/conversions`,
    authorization: null,
  });
  const app = understood(Conversion, answer.body);
  if (app.webhook_secret === null) {
    throw new AppFluxError('unprocessable', 'GitHub gave no webhook secret for this App', {
      hint: 'Delete the App at GitHub and register it again with its webhook turned on.',
    });
  }
  const sealed = await sealCredentials(env, host, {
    privateKey: app.pem,
    webhookSecret: app.webhook_secret,
    clientSecret: app.client_secret,
  });
  const record: GithubAppRecord = {
    host,
    appId: String(app.id),
    slug: app.slug,
    name: app.name,
    clientId: app.client_id,
    htmlUrl: app.html_url,
    account: app.owner?.login ?? null,
    sealed,
    createdAt: new Date().toISOString(),
  };
  const kept = await metadata.github.keepApp(record);
  if (kept.appId !== record.appId) throw alreadyThere();
  return kept;
}

const alreadyThere = () =>
  new AppFluxError('unprocessable', 'This instance has a GitHub App already', {
    hint: 'Disconnect it in the dashboard under Settings, Git before you register another one.',
  });
