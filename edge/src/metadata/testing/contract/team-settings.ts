import { type BuildLimits, NO_BUILD_LIMITS } from '@appflux/protocol';
import { expect, test } from 'vitest';
import type { CreateBackend } from '../contract.ts';

export function teamSettingsContract(create: CreateBackend): void {
  test('limits of builds are of one team, and the newest count', async () => {
    const { teamSettings } = await create();
    const [team, other] = [crypto.randomUUID(), crypto.randomUUID()];
    expect(await teamSettings.buildLimits(team)).toEqual(NO_BUILD_LIMITS);
    const limits: BuildLimits = { builds: 4, labels: { macos: 2, 'gpu.a100': 1, constructor: 3 } };
    await teamSettings.setBuildLimits(team, { builds: 1, labels: { linux: 9 } });
    await teamSettings.setBuildLimits(team, limits);
    expect(await teamSettings.buildLimits(team)).toEqual(limits);
    expect(await teamSettings.buildLimits(other)).toEqual(NO_BUILD_LIMITS);
    await teamSettings.deleteOf(other);
    expect(await teamSettings.buildLimits(team)).toEqual(limits);
    await teamSettings.deleteOf(team);
    await teamSettings.deleteOf(team);
    expect(await teamSettings.buildLimits(team)).toEqual(NO_BUILD_LIMITS);
  });

  test('limits that are set at the same time leave one of them', async () => {
    const { teamSettings } = await create();
    const team = crypto.randomUUID();
    const all = [1, 2, 3].map((builds): BuildLimits => ({ builds, labels: {} }));
    await Promise.all(all.map((limits) => teamSettings.setBuildLimits(team, limits)));
    expect(all).toContainEqual(await teamSettings.buildLimits(team));
  });
}
