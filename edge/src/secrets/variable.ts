/** Variables at rest: sealed, with the environments that get them and whether builds mask them. */
import { Environment, sensitivityOf, type VariableInput } from '@appflux/protocol';
import type { SealedVariable } from '../metadata/metadata.ts';
import { type Sealer, variableLabel } from './sealing.ts';

/**
 * Seals a variable of an App.
 * @param earlier what it replaces. A choice of `sensitive` made then stays unless the input has one.
 */
export async function sealVariable(
  sealer: Sealer,
  place: { readonly appId: string; readonly name: string },
  { value, environments, sensitive }: VariableInput,
  earlier?: SealedVariable,
): Promise<SealedVariable> {
  const chosen = sensitive === undefined ? chosenBefore(earlier) : sensitive;
  return {
    sealed: await sealer.seal(value, variableLabel(place.appId, place.name)),
    environments: environments ?? [...Environment.options],
    sensitive: chosen ?? sensitivityOf(place.name, value).sensitive,
    automatic: chosen === null,
    updatedAt: new Date().toISOString(),
  };
}

const chosenBefore = (earlier: SealedVariable | undefined): boolean | null =>
  earlier?.automatic === false ? (earlier.sensitive ?? null) : null;
