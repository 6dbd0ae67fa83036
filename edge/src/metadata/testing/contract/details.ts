import type { ReleaseDetails } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, deploymentRecord } from '../sample-records.ts';

const NOTES = { text: '## Fixed\n\n- “It” crashed.', source: 'changelog' } as const;
const ICON = { type: 'image/png', content: 'iVBORw0KGgo=' } as const;
const NONE: ReleaseDetails = { notes: null, icon: null };

export function detailContract(create: CreateBackend): void {
  async function withDeployment() {
    const { apps, deployments, details } = await create();
    const app = appRecord();
    await apps.insert(app);
    const record = deploymentRecord(app);
    await deployments.project(record, 1);
    return { apps, deployments, details, app, id: record.id };
  }

  test('what a build said is kept, and replaced by what a later attempt says', async () => {
    const { details, id } = await withDeployment();
    expect(await details.of(id)).toEqual(NONE);
    await details.keep(id, { notes: NOTES, icon: ICON });
    expect(await details.of(id)).toEqual({ notes: NOTES, icon: ICON });
    await details.keep(id, { notes: { text: 'v2', source: 'tag' }, icon: null });
    expect(await details.of(id)).toEqual({ notes: { text: 'v2', source: 'tag' }, icon: null });
  });

  test('notes that a person writes come first, whenever the build says its own, and can be taken back', async () => {
    const { details, id } = await withDeployment();
    expect(await details.write(id, 'Mine')).toBe(true);
    await details.keep(id, { notes: NOTES, icon: ICON });
    expect(await details.of(id)).toEqual({ notes: { text: 'Mine', source: 'typed' }, icon: ICON });
    expect(await details.write(id, ' ')).toBe(true);
    expect((await details.of(id)).notes).toBeNull();
    expect(await details.write(id, null)).toBe(true);
    expect((await details.of(id)).notes).toEqual(NOTES);
  });

  test('a deployment that is not there gets none', async () => {
    const { details } = await withDeployment();
    const id = newObjectId();
    expect(await details.write(id, 'x')).toBe(false);
    await details.keep(id, { notes: NOTES, icon: ICON });
    expect(await details.of(id)).toEqual(NONE);
  });

  test('they go with their deployment, and with its app', async () => {
    const { details, deployments, apps, app, id } = await withDeployment();
    const other = deploymentRecord(app);
    await deployments.project(other, 1);
    for (const each of [id, other.id]) await details.keep(each, { notes: NOTES, icon: null });
    await deployments.delete([id]);
    expect(await details.of(id)).toEqual(NONE);
    expect((await details.of(other.id)).notes).toEqual(NOTES);
    await apps.delete(app.id);
    expect(await details.of(other.id)).toEqual(NONE);
  });
}
