/**
 * How a runner reaches a repository, beyond the URL and the token in its job. It travels beside the grant: a runner that
 * doesn't know it ignores it, whereas it would refuse a job with unknown members.
 */
import { z } from 'zod';
import { CloneDepth } from './app-source.ts';

/** A public key of an SSH server, as a line of `known_hosts` has it after the host: type and base64. */
export const SshHostKey = z
  .string()
  .max(4096)
  .regex(
    /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) AAAA[A-Za-z0-9+/]+={0,3}$/,
    'A host key is its type and its base64, such as “ssh-ed25519 AAAA…”',
  );

/** SSH instead of the job's URL, which names the same repository by https. */
export const SshAccess = z.object({
  /** `ssh://user@host[:port]/path`. */
  url: z.string().max(2048),
  /** In OpenSSH's or PEM format, without a passphrase. */
  privateKey: z.string().max(16_384),
  /** The keys that the server may have. Any other ends the connection. */
  hostKeys: z.array(SshHostKey).min(1).max(20),
});
export type SshAccess = z.infer<typeof SshAccess>;

export const SourceAccess = z.object({
  /** How many commits are fetched; 1 if absent. */
  depth: CloneDepth.optional(),
  /** The user name that goes with the job's token; the host's usual one if absent. */
  username: z.string().max(255).optional(),
  ssh: SshAccess.optional(),
  /**
   * Whether token and key are for the repository alone: its submodules, which people outside of the team may have named,
   * are fetched without them.
   */
  ownRepositoryOnly: z.boolean().optional(),
});
export type SourceAccess = z.infer<typeof SourceAccess>;
