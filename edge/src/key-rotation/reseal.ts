/**
 * Reseals with the current key what was sealed with the previous one. Each value is replaced only if it is still
 * what was read: a variable that is set meanwhile is sealed with the current key. Repeating it changes nothing.
 */

import type { Env } from '../env.ts';
import { githubAppLabel } from '../git-hosts/github-app/credentials.ts';
import type { AppRecord, Metadata, Resealing, SealedFile, SealedVariable } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { outboxOf } from '../outbox/index.ts';
import {
  createSealer,
  credentialLabel,
  expoKeyLabel,
  fileLabel,
  hookLabel,
  type Sealer,
  variableLabel,
  webhookSecretLabel,
} from '../secrets/sealing.ts';

/** How many apps are read at a time. */
const APPS = 25;

/** About how much one call asks of others: a Worker may make 1,000 requests of its own for each that it is sent. */
const MOST_REQUESTS = 500;

/** About what an app takes without its deployments: its variables, its files, its signing key, its credential, and which of them have not ended. */
const APP_COSTS = 7;

/** How many hooks are resealed at a time: each has two sealed values. */
const HOOKS = 200;

/** What the position of a hook begins with. */
const OF_HOOKS = 'hooks.';

/**
 * Reseals as much as one call may; `next` is the `after` of the next call, null when everything was seen. It names the
 * last app that is done; or an app that is not, and after a dot the last of its deployments that is. Hooks come after
 * the apps.
 */
export async function resealFrom(
  { env, metadata }: { env: Env; metadata: Metadata },
  after: string | null,
  most = MOST_REQUESTS,
): Promise<{ resealed: number; next: string | null }> {
  const sealer = createSealer(env);
  if (after?.startsWith(OF_HOOKS)) return resealHooks(metadata, sealer, after.slice(OF_HOOKS.length));
  let resealed =
    after === null
      ? (await resealSecrets(metadata, sealer)) +
        (await resealGithubApps(metadata, sealer)) +
        (await resealWebhookSecrets(metadata, sealer)) +
        (await outboxOf(env).reseal())
      : 0;
  const [appId = null, deploymentId = null] = after?.split('.') ?? [];
  const begun = appId === null || deploymentId === null ? null : await metadata.apps.byId(appId);
  const { items, next } = await metadata.apps.all(appId, APPS);
  let done = appId;
  let requests = 0;
  for (const app of begun === null ? items : [begun, ...items]) {
    if (requests >= most) return { resealed, next: done };
    if (app !== begun) resealed += await resealApp(app, metadata, sealer);
    requests += APP_COSTS;
    for (const id of (await metadata.deployments.unended(app.id)).sort()) {
      if (app === begun && id <= (deploymentId ?? '')) continue;
      resealed += await deploymentOf(env, id).reseal();
      requests += 1;
      // An app may have more waiting deployments than one call reseals.
      if (requests >= most) return { resealed, next: `${app.id}.${id}` };
    }
    done = app.id;
  }
  if (next !== null) return { resealed, next };
  const hooks = await resealHooks(metadata, sealer, null);
  return { resealed: resealed + hooks.resealed, next: hooks.next };
}

/** Reseals the instance's own secrets. @returns how many */
export async function resealSecrets({ secrets }: Metadata, sealer: Sealer): Promise<number> {
  let resealed = 0;
  for (const [name, sealed] of Object.entries(await secrets.all())) {
    const sealedAgain = await sealer.reseal(sealed, name);
    if (sealedAgain !== null && (await secrets.reseal(name, sealed, sealedAgain))) resealed += 1;
  }
  return resealed;
}

/** Reseals the targets and secrets of hooks, those after `after`, as many as one call may. */
async function resealHooks(
  { hooks }: Metadata,
  sealer: Sealer,
  after: string | null,
): Promise<{ resealed: number; next: string | null }> {
  const records = await hooks.all(after, HOOKS);
  let resealed = 0;
  for (const hook of records) {
    for (const member of ['target', 'secret'] as const) {
      const from = hook[member];
      const to = from === null ? null : await sealer.reseal(from, hookLabel(hook.id, member));
      if (from === null || to === null) continue;
      if (await hooks.reseal(hook.id, { member, from, to })) resealed += 1;
    }
  }
  const last = records.length < HOOKS ? undefined : records.at(-1);
  return { resealed, next: last === undefined ? null : OF_HOOKS + last.id };
}

/** Reseals the credentials of the instance's GitHub Apps. @returns how many */
export async function resealGithubApps(
  { github }: Pick<Metadata, 'github'>,
  sealer: Sealer,
): Promise<number> {
  let resealed = 0;
  for (const { host, sealed } of await github.githubApps()) {
    const again = await sealer.reseal(sealed, githubAppLabel(host));
    if (again !== null && (await github.resealApp(host, sealed, again))) resealed += 1;
  }
  return resealed;
}

/** Reseals the webhook secrets of all teams. @returns how many */
export async function resealWebhookSecrets(
  { webhookSecrets }: Pick<Metadata, 'webhookSecrets'>,
  sealer: Sealer,
): Promise<number> {
  let resealed = 0;
  let after: string | null = null;
  do {
    const page = await webhookSecrets.all(after, 100);
    for (const { id, sealed } of page.items) {
      const sealedAgain = await sealer.reseal(sealed, webhookSecretLabel(id));
      if (sealedAgain !== null && (await webhookSecrets.reseal(id, sealed, sealedAgain))) resealed += 1;
    }
    after = page.next;
  } while (after !== null);
  return resealed;
}

/** Reseals an app's variables, its files, its signing key and its repository's credential. @returns how many */
export async function resealApp(
  app: AppRecord,
  { apps, files, expo, sourceCredentials }: Pick<Metadata, 'apps' | 'files' | 'expo' | 'sourceCredentials'>,
  sealer: Sealer,
): Promise<number> {
  const changes: Resealing[] = [];
  for (const [name, { sealed }] of Object.entries(app.envVars)) {
    const sealedAgain = await sealer.reseal(sealed, variableLabel(app.id, name));
    if (sealedAgain !== null) changes.push({ name, from: sealed, to: sealedAgain });
  }
  let resealed = changes.length === 0 ? 0 : await apps.resealVariables(app.id, changes);
  for (const [name, { sealed }] of Object.entries(await files.sealed(app.id))) {
    const sealedAgain = await sealer.reseal(sealed, fileLabel(app.id, name));
    if (sealedAgain !== null && (await files.reseal(app.id, name, sealed, sealedAgain))) resealed += 1;
  }
  const key = await expo.signingKey(app.id);
  const keyAgain = key && (await sealer.reseal(key.sealed, expoKeyLabel(app.id)));
  if (key !== null && keyAgain !== null && (await expo.reseal(app.id, key.sealed, keyAgain))) resealed += 1;
  const credential = await sourceCredentials.get(app.id);
  const credentialAgain = credential && (await sealer.reseal(credential, credentialLabel(app.id)));
  if (credential && credentialAgain && (await sourceCredentials.reseal(app.id, credential, credentialAgain)))
    resealed += 1;
  return resealed;
}

/** What a deployment took from its app when it was asked for. */
export interface SealedSpec {
  app: { id: string };
  variables: Record<string, SealedVariable>;
  files?: Record<string, SealedFile>;
}

/** A deployment's variables and files, resealed, and how many of them were. */
export async function resealSpec<Spec extends SealedSpec>(
  spec: Spec,
  sealer: Sealer,
): Promise<{ spec: Spec; resealed: number }> {
  let resealed = 0;
  const all = async <Item extends { sealed: string }>(
    items: Record<string, Item>,
    labelOf: (name: string) => string,
  ): Promise<Record<string, Item>> => {
    const entries = Object.entries(items).map(async ([name, item]) => {
      const sealed = await sealer.reseal(item.sealed, labelOf(name));
      if (sealed !== null) resealed += 1;
      return [name, sealed === null ? item : { ...item, sealed }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  const variables = await all(spec.variables, (name) => variableLabel(spec.app.id, name));
  const files = await all(spec.files ?? {}, (name) => fileLabel(spec.app.id, name));
  return { spec: { ...spec, variables, files }, resealed };
}
