import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DownloadCount, REMEMBERED_BATCHES } from '../../analytics.ts';
import type { AppRecord, DeploymentRecord, Metadata } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, deploymentRecord } from '../sample-records.ts';

const DAY = '2026-11-20';
const RANGE = { from: '2026-11-01', to: '2026-11-30' };

async function given({ apps, deployments }: Metadata, app: AppRecord = appRecord()) {
  await apps.insert(app);
  const deployment = deploymentRecord(app, { status: 'success' });
  await deployments.project(deployment, 1);
  return { app, deployment };
}

const counted = (
  { id: deploymentId, appId }: DeploymentRecord,
  count: number,
  members: Partial<DownloadCount> = {},
): DownloadCount => ({ appId, deploymentId, artifact: 'app.apk', day: DAY, count, ...members });

const totalOf = async ({ analytics }: Metadata, { ownerId }: AppRecord) =>
  (await analytics.downloads({ ownerId }, RANGE)).days.reduce((sum, { downloads }) => sum + downloads, 0);

export function downloadContract(create: CreateBackend): void {
  test('batches add up by app and day, and by deployment and artifact over all days', async () => {
    const metadata = await create();
    const { app, deployment } = await given(metadata);
    await metadata.downloads.add(newObjectId(), [
      counted(deployment, 2),
      counted(deployment, 3, { artifact: "größe's “1”.zip" }),
      counted(deployment, 4, { day: '2026-11-21' }),
    ]);
    await metadata.downloads.add(newObjectId(), [counted(deployment, 10)]);
    await metadata.downloads.add(newObjectId(), []);
    expect(await metadata.downloads.ofDeployment(deployment.id)).toEqual([
      { name: 'app.apk', downloads: 16 },
      { name: "größe's “1”.zip", downloads: 3 },
    ]);
    const { days } = await metadata.analytics.downloads({ ownerId: app.ownerId }, RANGE);
    expect(days).toEqual([
      { day: DAY, downloads: 15 },
      { day: '2026-11-21', downloads: 4 },
    ]);
  });

  test('a batch that is delivered again is not counted again, in whatever order batches come', async () => {
    const metadata = await create();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 12 }), async (deliveries) => {
        const { app, deployment } = await given(metadata);
        const ids = Array.from({ length: 6 }, () => newObjectId());
        for (const batch of deliveries) {
          await metadata.downloads.add(ids[batch] ?? '', [counted(deployment, 10 ** batch)]);
        }
        const once = [...new Set(deliveries)].reduce((sum, batch) => sum + 10 ** batch, 0);
        expect(await metadata.downloads.ofDeployment(deployment.id)).toEqual([
          { name: 'app.apk', downloads: once },
        ]);
        expect(await totalOf(metadata, app)).toBe(once);
      }),
      { numRuns: 12 },
    );
  });

  test('a batch is known among as many as are remembered', async () => {
    const metadata = await create();
    const { deployment } = await given(metadata);
    const ids = Array.from({ length: 2 * REMEMBERED_BATCHES }, () => newObjectId());
    for (const id of ids) await metadata.downloads.add(id, [counted(deployment, 1)]);
    for (const id of ids.slice(-REMEMBERED_BATCHES))
      await metadata.downloads.add(id, [counted(deployment, 1)]);
    expect(await metadata.downloads.ofDeployment(deployment.id)).toEqual([
      { name: 'app.apk', downloads: ids.length },
    ]);
  });

  test('batches that come at the same time are all counted', async () => {
    const metadata = await create();
    const { app, deployment } = await given(metadata);
    await Promise.all(
      Array.from({ length: 8 }, () => metadata.downloads.add(newObjectId(), [counted(deployment, 1)])),
    );
    expect(await totalOf(metadata, app)).toBe(8);
  });

  test('of an app or a deployment that is gone nothing is kept, and nothing stays', async () => {
    const metadata = await create();
    const { app, deployment } = await given(metadata);
    const other = deploymentRecord(app, { status: 'success' });
    await metadata.deployments.project(other, 1);
    await metadata.downloads.add(newObjectId(), [counted(deployment, 1), counted(other, 1)]);
    await metadata.deployments.delete([other.id]);
    await metadata.downloads.add(newObjectId(), [counted(other, 1)]);
    expect(await metadata.downloads.ofDeployment(other.id)).toEqual([]);
    await metadata.apps.delete(app.id);
    await metadata.downloads.add(newObjectId(), [counted(deployment, 1)]);
    expect(await metadata.downloads.ofDeployment(deployment.id)).toEqual([]);
    expect(await totalOf(metadata, app)).toBe(0);
  });
}
