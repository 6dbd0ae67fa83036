/** The credential of an app's repository: sealed, opened when a claim is granted or a host is asked. */
import {
  AppFluxError,
  type AppSource,
  type SetSourceCredential,
  type SourceCredential,
  SshHostKey,
} from '@appflux/protocol';
import { z } from 'zod';
import { journal } from '../../journal.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { credentialLabel, type Sealer } from '../../secrets/sealing.ts';
import { PUBLISHED_HOST_KEYS } from './known-hosts.ts';
import { fingerprint, readHostKeys, readPrivateKey } from './open-ssh.ts';

const shared = { host: z.string(), createdAt: z.string() };

/** A credential as it is sealed. */
const Credential = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('token'), ...shared, username: z.string().nullable(), token: z.string() }),
  z.object({
    kind: z.literal('ssh'),
    ...shared,
    privateKey: z.string(),
    publicKey: z.string().nullable(),
    hostKeys: z.array(SshHostKey),
  }),
]);
export type Credential = z.infer<typeof Credential>;

/** The host of a repository, with its port unless that is the usual one. */
const hostOf = (repoUrl: string): string => new URL(repoUrl).host.toLowerCase();

/**
 * What a request sets as an app's credential. Throws `unprocessable` for an app without a repository, a key that can't be
 * used, or a host whose keys nobody has given.
 */
export function credentialOf(input: SetSourceCredential, source: AppSource, now: Date): Credential {
  if (source.provider === 'upload') {
    throw new AppFluxError('unprocessable', 'This app is built from uploads and has no repository', {
      hint: 'Set a repository as the app’s source first.',
    });
  }
  const host = hostOf(source.repoUrl);
  const createdAt = now.toISOString();
  if (input.kind === 'token')
    return { kind: 'token', host, createdAt, username: input.username ?? null, token: input.token };
  const hostKeys = hostKeysOf(input.knownHosts, host);
  return { kind: 'ssh', host, createdAt, ...readPrivateKey(input.privateKey), hostKeys };
}

function hostKeysOf(knownHosts: string | undefined, host: string): string[] {
  const keys = readHostKeys(knownHosts ?? '');
  const published = PUBLISHED_HOST_KEYS.get(host) ?? [];
  const all = keys.length > 0 ? keys : [...published];
  if (all.length > 0) return all.slice(0, MOST_HOST_KEYS);
  throw new AppFluxError('unprocessable', `The SSH keys of ${host} are not known`, {
    hint: `Send knownHosts: the output of \`ssh-keyscan ${host.replace(/:\d+$/, '')}\`, compared with the fingerprints that the host publishes.`,
    issues: [{ path: 'knownHosts', message: `Enter the host keys of ${host}` }],
  });
}

const MOST_HOST_KEYS = 20;

/** Seals a credential for its app. */
export const sealCredential = (
  app: { id: string },
  credential: Credential,
  sealer: Sealer,
): Promise<string> => sealer.seal(JSON.stringify(credential), credentialLabel(app.id));

/**
 * The credential of an app; null if it has none, or one for another host: anyone who may change the repository of an app
 * must not learn its secret by that.
 */
export async function openCredential(
  { sourceCredentials }: Pick<Metadata, 'sourceCredentials'>,
  { id, repoUrl }: { id: string; repoUrl: string },
  sealer: Sealer,
): Promise<Credential | null> {
  const sealed = await sourceCredentials.get(id);
  if (sealed === null) return null;
  const credential = Credential.parse(JSON.parse(await sealer.open(sealed, credentialLabel(id))));
  if (credential.host === hostOf(repoUrl)) return credential;
  journal.info(`app ${id}: its credential is for ${credential.host}, not for the host of its repository`);
  return null;
}

/** A credential in an answer: without its secret. */
export async function shownCredential(credential: Credential): Promise<SourceCredential> {
  const { kind, host, createdAt } = credential;
  if (kind === 'token') return { kind, host, createdAt, username: credential.username };
  const { publicKey, hostKeys } = credential;
  return { kind, host, createdAt, publicKey, hostKeys: await Promise.all(hostKeys.map(fingerprint)) };
}
