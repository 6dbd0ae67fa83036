/** When a prepared sandbox is used, and when it is thrown away. */
import { existsSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { describeUnless } from '../../testing/describe-unless.ts';
import { containersOf, ensureWebImage, testHost, WEB_IMAGE, whyUnpreparable } from '../../testing/docker.ts';
import { sampleJob } from '../../testing/sample-job.ts';
import { unmountWithin } from '../disk/file-system.ts';
import { connectEngine } from '../engine.ts';
import { removeTree } from '../remove-tree.ts';
import { PreparedSandbox } from './prepared-sandbox.ts';
import { PreparedSandboxes, type PreparedSandboxesOptions } from './prepared-sandboxes.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const why = await whyUnpreparable();
const { limits, deploymentId, app } = { ...sampleJob() };
const TAKER = { deploymentId, attempt: 1, appId: app.id, image: null, limits };

beforeAll(() => ensureWebImage(engine), 600_000);

describeUnless(why, 'prepared sandboxes', () => {
  let host: Awaited<ReturnType<typeof testHost>>;
  let prepared: PreparedSandboxes;
  let used: { image: string; imageId: string; limits: typeof limits };

  const open = (change: Partial<PreparedSandboxesOptions> = {}) => {
    const { settings, runnerId, journal } = host;
    prepared = new PreparedSandboxes({
      engine,
      settings,
      runnerId,
      journal,
      namespaces: null,
      most: 1,
      ...change,
    });
  };
  const idOf = async (image: string) => ({ imageId: (await engine.getImage(image).inspect()).Id });
  const containers = () => containersOf(engine, host.runnerId);

  beforeEach(async () => {
    host = await testHost(engine);
    const { Id: imageId } = await engine.getImage(WEB_IMAGE).inspect();
    used = { image: WEB_IMAGE, imageId, limits };
    open();
  });
  afterEach(async () => {
    await prepared.close();
    expect(await containers()).toEqual([]);
    await unmountWithin(host.settings.state);
    await removeTree(host.settings.state);
  });

  test('are as many as the setting says, and none for 0', async () => {
    open({ most: 2 });
    await prepared.prepare(used);
    expect(await containers()).toHaveLength(2);
    await prepared.close();
    open({ most: 0 });
    await prepared.prepare(used);
    expect(await containers()).toEqual([]);
    expect(prepared.in(prepared.folderOf(TAKER))).toBeNull();
  });

  test('are not used by a build with other limits, for which one is begun', async () => {
    await prepared.prepare(used);
    const [waiting = ''] = await containers();
    const taken = [];
    for (const change of [{ memoryBytes: 2 ** 27 }, { cpus: 0.5 }, { pids: 77 }, { diskBytes: 2 ** 26 }]) {
      const folder = prepared.folderOf({
        ...TAKER,
        attempt: taken.length + 2,
        limits: { ...limits, ...change },
      });
      const sandbox = prepared.in(folder);
      expect(sandbox?.key.limits).toMatchObject(change);
      taken.push({ folder, id: await sandbox?.containerId() });
      await prepared.settle(folder);
    }
    const folder = prepared.folderOf(TAKER);
    expect(await prepared.in(folder)?.containerId()).toBe(waiting);
    expect(new Set([waiting, ...taken.map(({ id }) => id)]).size).toBe(5);
    for (const { top } of [folder, ...taken.map((each) => each.folder)]) await prepared.release(top);
  });

  test('are not used by an app whose settings say another image, of which none is known', async () => {
    await prepared.prepare(used);
    const folder = prepared.folderOf({ ...TAKER, image: 'appflux/never-used-builder' });
    expect(prepared.in(folder)).toBeNull();
    await prepared.release(folder.top);
  });

  test('are begun for an app’s first build, with the image that was used last', async () => {
    const first = prepared.folderOf(TAKER);
    expect(prepared.in(first)).toBeNull();
    prepared.running(first, app.id, used);
    await prepared.settle(first);
    const others = prepared.folderOf({ ...TAKER, deploymentId: 'b'.repeat(24), appId: 'b'.repeat(24) });
    expect(prepared.in(others)?.key.imageId).toBe(used.imageId);
    await prepared.release(others.top);
    await prepared.release(first.top);
  });

  test('are made for the image that has a name now', async () => {
    const first = prepared.folderOf(TAKER);
    prepared.running(first, app.id, { ...used, imageId: `sha256:${'0'.repeat(64)}` });
    await prepared.release(first.top);
    await expect.poll(containers).toHaveLength(1);
    const second = prepared.folderOf({ ...TAKER, attempt: 2 });
    expect(prepared.in(second)?.key.imageId).toBe(used.imageId);
    await prepared.release(second.top);
  });

  test('are not used by a build whose image is another, or was built again', async () => {
    await prepared.prepare(used);
    const folder = prepared.folderOf(TAKER);
    expect(await prepared.in(folder)?.give(`sha256:${'0'.repeat(64)}`, [])).toBeNull();
    await prepared.release(folder.top);
  });

  test.each([
    [
      'another image',
      async () => ({ image: 'debian:bookworm-slim', ...(await idOf('debian:bookworm-slim')) }),
    ],
    ['other limits', async () => ({ limits: { ...limits, pids: 77 } })],
  ])('are thrown away when the last build had %s, and made for that one', async (_, change) => {
    await prepared.prepare(used);
    const [first = ''] = await containers();
    const now = { ...used, ...(await change()) };
    await prepared.prepare(now);
    await expect.poll(containers).not.toContain(first);
    const [second = ''] = await containers();
    const { Image, HostConfig } = await engine.getContainer(second).inspect();
    expect([Image, HostConfig.PidsLimit]).toEqual([now.imageId, now.limits.pids]);
  });

  test('are not used where a build has a mount that they cannot get', async () => {
    await prepared.prepare(used);
    const folder = prepared.folderOf(TAKER);
    const files = { Type: 'bind', Source: '/etc', Target: '/run/appflux-files', ReadOnly: true } as const;
    expect(await prepared.in(folder)?.give(used.imageId, [files])).toBeNull();
    await prepared.release(folder.top);
  });

  test('wait for nobody for long, and are replaced', async () => {
    open({ maxAgeMs: 3000 });
    await prepared.prepare(used);
    const [first = ''] = await containers();
    await expect.poll(containers).not.toContain(first);
    await expect.poll(containers).toHaveLength(1);
  });

  test('that could not be removed are removed later, or in the end', async () => {
    const remove = vi.spyOn(PreparedSandbox.prototype, 'remove');
    try {
      open({ maxAgeMs: 1000 });
      remove.mockRejectedValue(new Error('the engine is away'));
      await prepared.prepare(used);
      const [first = ''] = await containers();
      await expect.poll(() => remove.mock.calls.length).toBeGreaterThan(1);
      expect(await containers()).toContain(first);
      remove.mockRestore();
      await expect.poll(containers).not.toContain(first);
      expect(host.lines.filter((line) => line.includes('the engine is away'))).toHaveLength(1);
    } finally {
      remove.mockRestore();
    }
  });

  test('that end by themselves are used by no build', async () => {
    await prepared.prepare(used);
    const folder = prepared.folderOf(TAKER);
    const [id = ''] = await containers();
    await engine.getContainer(id).kill();
    await expect.poll(() => prepared.in(folder)?.lost).toBe(true);
    expect(await prepared.in(folder)?.give(used.imageId, [])).toBeNull();
    await prepared.release(folder.top);
  });

  test('that cannot be made are no build’s problem', async () => {
    await prepared.prepare({ ...used, image: 'appflux/no-such-builder' });
    expect(await containers()).toEqual([]);
    expect(host.lines.join('')).toContain('A sandbox could not be prepared');
    expect(prepared.in(prepared.folderOf(TAKER))).toBeNull();
  });

  test('are begun for an app whose image is known where none waits, and removed if it does not come to a build', async () => {
    const first = prepared.folderOf(TAKER);
    prepared.running(first, app.id, used);
    await prepared.settle(first);
    const second = prepared.folderOf({ ...TAKER, attempt: 2 });
    const sandbox = prepared.in(second);
    await sandbox?.folderMade();
    await sandbox?.opened();
    expect(await containers()).toEqual([await sandbox?.containerId()]);
    await prepared.release(second.top);
    expect(existsSync(second.top)).toBe(false);
    expect(await containers()).toEqual([]);
  });

  test('are not begun beside another attempt, which gets one that waits all the same', async () => {
    await prepared.prepare(used);
    const [waiting] = await containers();
    const first = prepared.folderOf({ ...TAKER, image: 'appflux/never-used-builder' });
    const second = prepared.folderOf({ ...TAKER, attempt: 2 });
    expect(await prepared.in(second)?.containerId()).toBe(waiting);
    const third = prepared.folderOf({ ...TAKER, attempt: 3 });
    expect(prepared.in(third)).toBeNull();
    for (const folder of [first, second, third]) await prepared.settle(folder);
    expect(await containers()).toEqual([]);
    const fourth = prepared.folderOf({ ...TAKER, attempt: 4 });
    expect(prepared.in(fourth)).not.toBeNull();
    for (const { top } of [first, second, third, fourth]) await prepared.release(top);
  });

  test('are made while no attempt is on its way to its build', async () => {
    const folder = prepared.folderOf(TAKER);
    await prepared.prepare(used);
    expect(await containers()).toEqual([]);
    await prepared.release(folder.top);
    await expect.poll(containers).toHaveLength(1);
  });
});
