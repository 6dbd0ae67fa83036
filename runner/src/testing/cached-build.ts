/** Builds one after the other with what the caches hold, through the command line and a fake edge. */
import type { Job } from '@appflux/protocol';
import type { CliBench } from './cli.ts';

export interface CachedBuild {
  readonly status: string | undefined;
  readonly log: string;
  /** What the log says of the cache. */
  readonly cache: readonly string[];
}

/** The app that is built unless another one is named. */
const APP = '66f2a1c04b7e9d0000000001';

/** Gives a function that builds a deployment to its end; each has an id of its own. */
export function deployer(bench: () => CliBench) {
  let deployments = 0;
  return async (
    files: Record<string, string>,
    job: Partial<Job> & { appId?: string } = {},
  ): Promise<CachedBuild> => {
    const { appId = APP, ...change } = job;
    const freed = () => bench().edge.poolFrames.filter(({ type }) => type === 'freed').length;
    const before = freed();
    deployments += 1;
    const deploymentId = deployments.toString(16).padStart(24, '0');
    const attempt = await bench().grantFor(
      files,
      { deploymentId },
      { deploymentId, app: { id: appId, slug: 'my-app', name: 'My App' }, ...change },
    );
    await bench().until(
      () => freed() > before,
      () => attempt.log,
    );
    const cache = attempt.lines.map(({ text }) => text).filter((text) => text.startsWith('Cache: '));
    return { status: attempt.result?.status, log: attempt.log, cache };
  };
}
