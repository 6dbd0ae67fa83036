/** For tests: removing parts of one deployment, as a sweep of its App would. */
import { Budget } from '../../limits/budget.ts';
import type { DeploymentContent, DeploymentPart } from '../../metadata/metadata.ts';
import { type Going, type Parts, removeAll } from '../remove.ts';

/** Removes these parts at a time (ISO 8601), and gives those that were; throws what storage throws. */
export async function removeParts(
  deployment: DeploymentContent,
  wanted: DeploymentPart[],
  parts: Parts,
  at: string,
): Promise<DeploymentPart[]> {
  const removed = await removeOne({ deployment, parts: wanted, left: [] }, parts, at);
  return removed.flatMap((one) => one.parts);
}

/** Removes from storage what is marked as removed. */
export async function clearLeftovers(deployment: DeploymentContent, parts: Parts): Promise<void> {
  await removeOne({ deployment, parts: [], left: ['artifacts', 'log'] }, parts, new Date().toISOString());
}

async function removeOne(going: Going, parts: Parts, at: string): Promise<Going[]> {
  const options = { at, budget: new Budget(), most: 1 };
  const { removed, failures } = await removeAll(going.deployment.appId, [going], parts, options);
  for (const { error } of failures) throw error;
  return removed;
}
