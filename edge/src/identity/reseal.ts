/**
 * Sealing anew, with the key of today, what was sealed with the one before. Each value is replaced only if it is still
 * what was read: whoever sets a variable meanwhile has sealed it with the key of today. Done again it changes nothing.
 */
import type { AppRecord, Metadata, SealedFile, SealedVariable } from '../metadata/metadata.ts';
import { fileLabel, type Sealer, variableLabel } from './sealing.ts';

/** Seals the instance's own secrets anew; gives how many. */
export async function resealSecrets({ secrets }: Metadata, sealer: Sealer): Promise<number> {
  let resealed = 0;
  for (const [name, sealed] of Object.entries(await secrets.all())) {
    const anew = await sealer.reseal(sealed, name);
    if (anew !== null && (await secrets.reseal(name, sealed, anew))) resealed += 1;
  }
  return resealed;
}

/** Seals an app's variables and files anew; gives how many. */
export async function resealApp(app: AppRecord, { apps, files }: Metadata, sealer: Sealer): Promise<number> {
  let resealed = 0;
  for (const [name, { sealed }] of Object.entries(app.envVars)) {
    const anew = await sealer.reseal(sealed, variableLabel(app.id, name));
    if (anew !== null && (await apps.resealVariable(app.id, name, sealed, anew))) resealed += 1;
  }
  for (const [name, { sealed }] of Object.entries(await files.sealed(app.id))) {
    const anew = await sealer.reseal(sealed, fileLabel(app.id, name));
    if (anew !== null && (await files.reseal(app.id, name, sealed, anew))) resealed += 1;
  }
  return resealed;
}

/** What a deployment took from its app when it was asked for. */
export interface SealedSpec {
  app: { id: string };
  variables: Record<string, SealedVariable>;
  files?: Record<string, SealedFile>;
}

/** A deployment's variables and files sealed anew, and how many of them were. */
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
