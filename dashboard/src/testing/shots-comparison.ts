/** Screenshots of the comparison of two deployments. */
import { comparedWorld } from './sample-comparison.ts';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import { away, button, refusing, type Shot } from './shot.ts';

const path = `/deployments/${SAMPLE.success}/compare`;

export const COMPARISON_SHOTS: Shot[] = [
  {
    name: 'comparison',
    path,
    world: comparedWorld,
    act: async (page) => {
      await button(page, 'Compare logs').click();
      await page
        .getByText(/vite v8/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'comparison-none',
    path,
    world: () => {
      const world = sampleWorld();
      world.deployments = world.deployments.filter(
        ({ id, status }) => id === SAMPLE.success || status !== 'success',
      );
      return world;
    },
  },
  {
    name: 'comparison-failed',
    path,
    world: refusing(`GET /api/deployments/${SAMPLE.success}/site/comparison`, away),
  },
];
