import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MachineStatus } from '@appflux/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { machineStatus } from './machine-status.ts';

async function stateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-machine-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('the disk of the state folder is reported, and the version of Node', async () => {
  const status = MachineStatus.parse(await machineStatus(await stateFolder(), null));
  expect(status.versions).toEqual({ node: process.version, docker: null, stateFormat: '1' });
  expect(status.disks.map(({ what }) => what)).toEqual(['state']);
  const [disk] = status.disks;
  expect(disk?.totalBytes).toBeGreaterThan(0);
  expect(disk?.freeBytes).toBeLessThanOrEqual(disk?.totalBytes ?? 0);
});

test('an engine that doesn’t respond is left out', async () => {
  const folder = await stateFolder();
  const status = await machineStatus(folder, `unix://${join(folder, 'no.sock')}`);
  expect(status.versions.docker).toBeNull();
  expect(status.disks).toHaveLength(1);
});

test('the format of the state folder is reported as it is written there', async () => {
  const folder = await stateFolder();
  await writeFile(join(folder, 'state.json'), '{"format":3,"version":"1.0.0","commit":null}');
  expect((await machineStatus(folder, null)).versions.stateFormat).toBe('3');
  await writeFile(join(folder, 'state.json'), '{');
  await expect(machineStatus(folder, null)).rejects.toThrow('state.json is damaged');
});
