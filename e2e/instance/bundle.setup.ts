/** Before all tests: bundles the Worker that their instances run, and makes the databases that they start with. */
import { edgeBundle, hostBundle, migratedState } from './edge.ts';

export default async function prepare(): Promise<void> {
  await edgeBundle();
  await edgeBundle({ mongodb: true });
  await hostBundle();
  await migratedState();
}
