/** The control plane's bundle, with what the instance's settings need. */
import { join } from 'node:path';
import { bundleWorker } from './bundle.ts';

/** Decides what is left out of the bundle. */
export interface BundleContent {
  /** Whether metadata is in MongoDB, so that its driver is needed. */
  readonly mongodb: boolean;
}

/** The constants of the sources that decide it, as expressions. */
export const definesFor = ({ mongodb }: BundleContent) => ({ MONGODB_DRIVER: String(mongodb) });

/**
 * Bundles the control plane of the checkout `root` into a folder of `into`, as `bundleWorker` does.
 * @returns the main module's path
 * @throws StackProblem `edge_failed`
 */
export const bundleControlPlane = (root: string, into: string, content: BundleContent): Promise<string> =>
  bundleWorker(
    {
      wranglerConfig: join(root, 'wrangler.toml'),
      sources: ['edge', 'protocol'].map((part) => join(root, part)),
      files: [join(root, 'package-lock.json')],
      defines: definesFor(content),
    },
    into,
  );
