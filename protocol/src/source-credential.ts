/** What a private repository is fetched with when no GitHub App gives access to it. It is never given back. */
import { z } from 'zod';
import { Timestamp } from './ids.ts';

/** A user name for HTTP Basic authentication (RFC 7617 §2): no colon, no control characters. */
const Username = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}:]+$/u, 'A user name can’t contain colons or control characters');

const Token = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\p{Cc}]+$/u, 'A token can’t contain control characters');

/** Lines of `known_hosts`, or of the output of `ssh-keyscan`: what the server's key may be. */
const KnownHosts = z.string().max(32_768);

/** Body of `PUT /api/apps/:slug/source/credential`. */
export const SetSourceCredential = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('token'),
      /** The host's usual one unless given. */
      username: Username.nullable().optional(),
      token: Token,
    }),
    z.strictObject({
      kind: z.literal('ssh'),
      /** A private key without a passphrase, in OpenSSH or PEM format. */
      privateKey: z.string().min(1).max(16_384),
      /** May be left out for GitHub, GitLab and Bitbucket, whose keys are known. */
      knownHosts: KnownHosts.optional(),
    }),
  ])
  .meta({ id: 'SetSourceCredential' });
export type SetSourceCredential = z.infer<typeof SetSourceCredential>;

/** Body of `POST /api/apps/:slug/source/credential/ssh-key`. */
export const CreateSourceKey = z
  .strictObject({ knownHosts: KnownHosts.optional() })
  .meta({ id: 'CreateSourceKey' });
export type CreateSourceKey = z.infer<typeof CreateSourceKey>;

const shared = {
  /** The host of the repository that it is for. It is shown to no other. */
  host: z.string(),
  createdAt: Timestamp,
};

/** A credential in an answer: without its secret. */
export const SourceCredential = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('token'), ...shared, username: z.string().nullable() }),
    z.strictObject({
      kind: z.literal('ssh'),
      ...shared,
      /** To add to the repository as a deploy key; null where it can't be read from the private key. */
      publicKey: z.string().nullable(),
      /** SHA-256 fingerprints of the server's keys, as `ssh-keygen -l` prints them. */
      hostKeys: z.array(z.string()),
    }),
  ])
  .meta({ id: 'SourceCredential' });
export type SourceCredential = z.infer<typeof SourceCredential>;
