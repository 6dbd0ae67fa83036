/**
 * Who may have signed a webhook, and for which team: the instance's own secrets act for the team of its owner, a secret
 * that a team made acts for that team, and the GitHub App's for the team of the installation that the payload names.
 */
import type { Env } from '../env.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { WebhookSecretRecord } from '../metadata/webhook-secrets.ts';
import { createSealer, webhookSecretLabel } from '../secrets/sealing.ts';
import type { Provider } from './event.ts';
import { installationIdOf } from './github.ts';
import { githubAppSecrets, ownerOfInstallation } from './github-app/events.ts';

export interface Signer {
  readonly secret: string;
  /** Whose apps it deploys: those of the instance owner's team, of the payload's installation, or of its record's team. */
  readonly actsFor: 'owner' | 'installation' | 'team';
  /** The record of a team's secret; null for others. */
  readonly record: WebhookSecretRecord | null;
}

/** The instance's secrets for a host's webhooks: several with commas between them, while they are rotated. */
export function instanceSecrets(env: Env, provider: Provider): string[] {
  const own = {
    github: env.GITHUB_WEBHOOK_SECRET,
    gitlab: env.GITLAB_WEBHOOK_SECRET,
    gitea: env.GITEA_WEBHOOK_SECRET,
    forgejo: env.FORGEJO_WEBHOOK_SECRET,
    bitbucket: env.BITBUCKET_WEBHOOK_SECRET,
  }[provider];
  return (own || env.GITHUB_WEBHOOK_SECRET || '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/**
 * Those who may have signed a webhook of `provider`. `teamId` is what its URL says, and selects the secrets of that team;
 * null selects the instance's, and then the GitHub App's. They come in parts, because most webhooks are signed by the
 * first, which is read from no database.
 */
export async function* signersOf(
  { env, metadata }: { env: Env; metadata: Metadata },
  provider: Provider,
  teamId: string | null,
): AsyncGenerator<Signer> {
  if (teamId !== null) {
    yield* await teamSigners({ env, metadata }, provider, teamId);
    return;
  }
  for (const secret of instanceSecrets(env, provider)) yield { secret, actsFor: 'owner', record: null };
  if (provider !== 'github') return;
  for (const secret of await githubAppSecrets(env, metadata))
    yield { secret, actsFor: 'installation', record: null };
}

/** The team that a signer acts for with this payload; null if there is none, such as for an unknown installation. */
export async function teamOf(
  { env, metadata }: { env: Env; metadata: Metadata },
  { actsFor, record }: Signer,
  body: unknown,
): Promise<string | null> {
  if (actsFor === 'owner') return (await metadata.users.owner())?.id ?? null;
  if (actsFor === 'team') return record?.ownerId ?? null;
  const installationId = installationIdOf(body);
  return installationId === null ? null : ownerOfInstallation(env, metadata, installationId);
}

async function teamSigners(
  { env, metadata }: { env: Env; metadata: Metadata },
  provider: Provider,
  teamId: string,
): Promise<Signer[]> {
  const records = (await metadata.webhookSecrets.list(teamId)).filter(
    (record) => record.provider === provider,
  );
  const sealer = createSealer(env);
  return Promise.all(
    records.map(async (record) => ({
      secret: await sealer.open(record.sealed, webhookSecretLabel(record.id)),
      actsFor: 'team' as const,
      record,
    })),
  );
}
