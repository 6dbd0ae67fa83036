/** The durations and sizes of two deployments side by side. Pure. */
import type { Artifact, Deployment, Phase } from '@appflux/protocol';
import { phaseSteps } from '#lib/deployment/phase-steps.ts';

/** A number before and after; null where there is none. */
export interface Pair {
  readonly before: number | null;
  readonly after: number | null;
}

/** What one is more than the other; null if one is missing. */
export const difference = ({ before, after }: Pair): number | null =>
  before === null || after === null ? null : after - before;

/** How long each phase ran, in seconds. Phases that neither had are left out. */
export function phasePairs(before: Deployment, after: Deployment): (Pair & { phase: Phase })[] {
  // What hasn't ended has no duration that could be compared.
  const old = phaseSteps(before, Number.NaN);
  return phaseSteps(after, Number.NaN)
    .map(({ phase, seconds }, index) => ({
      phase,
      before: finite(old[index]?.seconds ?? null),
      after: finite(seconds),
    }))
    .filter(({ before: was, after: is }) => was !== null || is !== null);
}

const finite = (seconds: number | null): number | null =>
  seconds !== null && Number.isFinite(seconds) ? seconds : null;

/** The sizes of artifacts by name, in bytes. One whose name differs in its version only is the same. */
export function artifactPairs(before: Deployment, after: Deployment): (Pair & { name: string })[] {
  const sizes = (deployment: Deployment) =>
    new Map(deployment.artifacts.map((artifact) => [nameOf(artifact, deployment.version), artifact.size]));
  const [old, now] = [sizes(before), sizes(after)];
  return [...new Set([...now.keys(), ...old.keys()])].map((name) => ({
    name,
    before: old.get(name) ?? null,
    after: now.get(name) ?? null,
  }));
}

const nameOf = ({ name }: Artifact, version: string | null): string =>
  version === null ? name : name.replace(version, '*');
