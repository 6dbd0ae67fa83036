/** What two deployments are compared by. */
import { AppFluxError } from '@appflux/protocol';
import type { Routes } from './fake-call.ts';

export const COMPARISON_ROUTES: Routes = {
  'GET deployments/:id/site/:name': () => [
    200,
    {
      before: { files: 1198, bytes: 12_400_210 },
      after: { files: 1204, bytes: 12_431_870 },
      added: 6,
      removed: 0,
      changed: 2,
      unchanged: 1196,
      files: [
        {
          path: 'assets/index-CkZq81Ws.js',
          renamedFrom: 'assets/index-DiwrgTda.js',
          before: 182_300,
          after: 204_410,
        },
        { path: 'images/harbor-at-night.webp', before: null, after: 9400 },
        { path: 'index.html', before: 1480, after: 1630 },
      ],
    },
  ],
  'GET deployments/:id/sbom': ({ world, id }) => {
    const sbom = world.sboms.get(id);
    if (sbom !== undefined) return [200, sbom];
    throw new AppFluxError('not_found', 'This deployment has no bill of materials', {
      hint: 'Its source has no lockfile.',
    });
  },
};
