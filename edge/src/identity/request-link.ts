/** One-time links that somebody asks for who cannot or does not want to sign in by password. */
import { noteOfUser } from '../audit/note.ts';
import type { Env } from '../env.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import { postLink } from '../outbox/index.ts';
import type { Client } from './client.ts';
import { deviceFor } from './device-cookie.ts';
import { countLink } from './sign-in-limits.ts';
import { createMagicLink, createRecoveryLink } from './sign-in-link.ts';

/**
 * What the two kinds are. A recovery link ends those before it. One that signs in does not: anyone who knows an email
 * could take away the link that the operator gave to its person.
 */
const LINKS = {
  recovery: { create: createRecoveryLink, action: 'recovery.asked' },
  sign_in: { create: createMagicLink, action: 'link.asked' },
} as const;

/**
 * Sends a link to the user with this email, if there is one. The answer and its time are the same in any case:
 * `later` does the work after the answer. Throws AuthRefusal when links were asked for too often.
 */
export async function requestLink(
  env: Env,
  metadata: Metadata,
  kind: keyof typeof LINKS,
  email: string,
  client: Client,
  later: (work: () => Promise<void>) => void,
): Promise<void> {
  const user = await metadata.users.byEmail(email);
  const device = await deviceFor(client.devices, user);
  await countLink(env, email, { address: client.address, device });
  if (user !== null) later(() => sendLink(env, metadata, kind, user));
}

async function sendLink(
  env: Env,
  metadata: Metadata,
  kind: keyof typeof LINKS,
  user: UserRecord,
): Promise<void> {
  const { create, action } = LINKS[kind];
  const { id, url, expiresAt } = await create(env, metadata, user);
  await postLink(env, { id, kind, ownerId: user.id, to: user.email, url, expiresAt });
  await noteOfUser(metadata, user, action);
}
