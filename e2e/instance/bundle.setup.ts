/** Before all tests: bundles the Worker that their instances run. */
import { edgeBundle } from './edge.ts';

export default async function bundle(): Promise<void> {
  await edgeBundle();
}
