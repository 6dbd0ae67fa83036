/** What tests in workerd share: the Worker itself, an empty database, and somebody who is signed in. */
import {
  applyD1Migrations,
  createExecutionContext,
  type D1Migration,
  reset,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { api } from '../api/index.ts';
import type { SecretsAndOptions, Env as WorkerEnv } from '../env.ts';
import { type Session, signInWithLink } from '../identity/issuer.ts';
import { createSignInLink } from '../identity/sign-in-link.ts';
import { metadataOf } from '../metadata/index.ts';
import { foundTeam } from '../teams/team.ts';

declare global {
  namespace Cloudflare {
    interface Env extends SecretsAndOptions {
      /** The migrations of edge/migrations, read by vitest.config.ts. */
      MIGRATIONS: D1Migration[];
      /** Databases for instances that have several. */
      TEST_METADATA_1: D1Database;
      TEST_METADATA_2: D1Database;
    }
  }
}

/** Deletes everything that is stored, and migrates the database again. */
export async function forgetAll(): Promise<void> {
  // What an object of the last test still writes can keep D1 from being emptied.
  do await reset();
  while ((await env.METADATA.prepare("SELECT 1 FROM sqlite_master WHERE name = 'apps'").first()) !== null);
  await applyD1Migrations(env.METADATA, env.MIGRATIONS);
}

/** What a request is made of: `json` is sent as the body. */
export type Asked = RequestInit & { token?: string; json?: unknown };

/** Sends a request to the Worker, as if from outside. */
export const request = (path: string, asked: Asked = {}): Promise<Response> =>
  exports.default.fetch(requestOf(path, asked));

/** The same to a Worker that has other variables. */
export async function requestWith(
  variables: Partial<WorkerEnv>,
  path: string,
  asked: Asked = {},
): Promise<Response> {
  const context = createExecutionContext();
  const response = await api.fetch(requestOf(path, asked), { ...env, ...variables }, context);
  await waitOnExecutionContext(context);
  return response;
}

function requestOf(path: string, { token, json, headers, ...init }: Asked): Request {
  const all = new Headers(headers);
  if (token !== undefined) all.set('Authorization', `Bearer ${token}`);
  if (json !== undefined) all.set('Content-Type', 'application/json');
  return new Request(env.PUBLIC_URL + path, {
    redirect: 'manual',
    ...init,
    headers: all,
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
}

/** The token of a new sign-in link, for an owner that is made if need be. */
export async function signInToken(): Promise<string> {
  const metadata = metadataOf(env);
  const owner = await metadata.users.keepOwner({
    id: crypto.randomUUID(),
    email: 'owner@localhost',
    passwordHash: null,
    githubId: null,
    createdAt: new Date().toISOString(),
  });
  await foundTeam(metadata, owner);
  const { url } = await createSignInLink(env, metadata);
  return new URLSearchParams(new URL(url).hash.slice(1)).get('token_hash') ?? '';
}

/** A session of the owner. */
export const signIn = async (): Promise<Session> => signInWithLink(env, metadataOf(env), await signInToken());
