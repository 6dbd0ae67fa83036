/** Two deployments of one app that differ: for tests and screenshots. */
import type { LogLine } from '@appflux/protocol';
import { idOf } from './fixtures.ts';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import type { World } from './world.ts';

/** The success before SAMPLE.success. */
export const EARLIER = idOf(300);

const sbom = (versions: Readonly<Record<string, string>>) => ({
  bomFormat: 'CycloneDX',
  components: Object.entries(versions).map(([name, version]) => ({ name, version })),
});

const log = (vite: string, seconds: string): LogLine[] =>
  [
    '> vite build',
    `vite v${vite} building for production...`,
    '✓ 412 modules transformed.',
    `✓ built in ${seconds}`,
  ].map((text, index) => ({
    seq: index + 1,
    at: '2026-11-10T09:00:00.000Z',
    stream: 'stdout',
    phase: 'building',
    text,
  }));

/** A world in which both have a bill of materials and a log. */
export function comparedWorld(): World {
  const world = sampleWorld();
  for (const deployment of world.deployments) {
    if (deployment.id === SAMPLE.success || deployment.id === EARLIER)
      deployment.urls = { ...deployment.urls, sbom: `${deployment.urls.self}/sbom` };
  }
  world.sboms.set(EARLIER, sbom({ react: '19.2.0', vite: '8.3.7', 'left-pad': '1.3.0' }));
  world.sboms.set(SAMPLE.success, sbom({ react: '19.2.0', vite: '8.3.8', zod: '4.6.6' }));
  world.logs.set(EARLIER, log('8.3.7', '4.31s'));
  world.logs.set(SAMPLE.success, log('8.3.8', '5.02s'));
  return world;
}
