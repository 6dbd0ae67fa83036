/** The credentials of the GitHub App: sealed in metadata, and what is signed with them. */
import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import type { Env } from '../../env.ts';
import type { GithubAppRecord } from '../../metadata/github.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { createSealer } from '../../secrets/sealing.ts';
import { githubAddress } from './address.ts';
import { pkcs8Of } from './private-key.ts';

/** What is sealed. */
export const Credentials = z.strictObject({
  /** PKCS#8 in PEM. */
  privateKey: z.string(),
  webhookSecret: z.string(),
  clientSecret: z.string(),
});
export type Credentials = z.infer<typeof Credentials>;

/** The place of the credentials of a GitHub's App. */
export const githubAppLabel = (host: string) => `github-app:${host}`;

/** The sealed text of credentials; the private key may be PKCS#1. */
export async function sealCredentials(env: Env, host: string, credentials: Credentials): Promise<string> {
  const text = JSON.stringify({ ...credentials, privateKey: pkcs8Of(credentials.privateKey) });
  return createSealer(env).seal(text, githubAppLabel(host));
}

/** The App, with its credentials. */
export interface OpenApp {
  record: GithubAppRecord;
  credentials: Credentials;
}

/** This instance's App at its GitHub, opened; null when it has none. */
export async function openApp(env: Env, metadata: Metadata): Promise<OpenApp | null> {
  const { host } = githubAddress(env);
  const record = await metadata.github.app(host);
  if (record === null) return null;
  const text = await createSealer(env).open(record.sealed, githubAppLabel(host));
  return { record, credentials: Credentials.parse(JSON.parse(text)) };
}

/** GitHub takes tokens that were issued in the past, and no longer than ten minutes ahead: clocks differ. */
const DRIFT_SECONDS = 60;
const LIFE_SECONDS = 9 * 60;

/**
 * A token of the App itself, by which it asks for those of its installations. `now` is in Unix milliseconds.
 * Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
export async function appToken({ record, credentials }: OpenApp, now: number): Promise<string> {
  const seconds = Math.floor(now / 1000);
  const key = await importPKCS8(credentials.privateKey, 'RS256');
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(record.appId)
    .setIssuedAt(seconds - DRIFT_SECONDS)
    .setExpirationTime(seconds + LIFE_SECONDS)
    .sign(key);
}
