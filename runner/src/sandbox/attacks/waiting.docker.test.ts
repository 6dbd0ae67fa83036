/** What a sandbox holds that waits for a build, and what is left in it for others. */
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { BuildBench, plan } from '../../testing/build.ts';
import { describeUnless } from '../../testing/describe-unless.ts';
import { containersOf, ensureWebImage, testHost, WEB_IMAGE, whyUnpreparable } from '../../testing/docker.ts';
import { sampleJob } from '../../testing/sample-job.ts';
import { unmountWithin } from '../disk/file-system.ts';
import { connectEngine } from '../engine.ts';
import { removeTree } from '../remove-tree.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const why = await whyUnpreparable();

beforeAll(() => ensureWebImage(engine), 600_000);

describeUnless(why, 'a sandbox that waits', () => {
  let host: Awaited<ReturnType<typeof testHost>>;
  let id: string;

  beforeEach(async () => {
    host = await testHost(engine, { prepared: 1 });
    const { Id: imageId } = await engine.getImage(WEB_IMAGE).inspect();
    await host.prepared.prepare({ image: WEB_IMAGE, imageId, limits: sampleJob().limits });
    [id = ''] = await containersOf(engine, host.runnerId);
  });
  afterEach(async () => {
    await host.prepared.close();
    expect(await containersOf(engine, host.runnerId)).toEqual([]);
    await unmountWithin(host.settings.state);
    await removeTree(host.settings.state);
  });

  const inside = async (command: string) => {
    const { all } = await execa('docker', ['exec', id, 'bash', '-c', command], { all: true, reject: false });
    return all;
  };

  test('has no variable but its image’s, also in what the engine keeps of it', async () => {
    const { Config } = await engine.getImage(WEB_IMAGE).inspect();
    const names = (Config.Env ?? []).map((entry: string) => entry.split('=')[0]);
    const found = await inside("tr '\\0' '\\n' < /proc/1/environ | cut -d= -f1 | sort");
    expect(found.split('\n').filter((name) => name !== 'HOME' && name !== 'HOSTNAME')).toEqual(names.sort());
    expect((await engine.getContainer(id).inspect()).Config.Env).toEqual(Config.Env);
  });

  test('has no file: source tree, cache, temporary files and home are empty', async () => {
    const folders = '/workspace /cache /run/appflux /tmp /home/builder /dev/shm';
    expect(await inside(`find ${folders} -mindepth 1`)).toBe('');
    expect(await inside('touch /cache/x; touch /run/appflux/x')).toMatch(
      /cache\/x.*Read-only[\s\S]*appflux\/x.*Read-only/,
    );
  });

  test('has no network, not even a proxy that would refuse', async () => {
    expect(await inside('ls /sys/class/net')).toBe('lo');
    expect(await inside('ls -A /run/appflux')).toBe('');
    expect(await inside('cat /proc/net/tcp /proc/net/udp /proc/net/unix | grep -c ": "')).toBe('0');
  });

  test('runs nothing but its wait, without a right', async () => {
    const commands = await inside(
      'for each in /proc/[0-9]*/comm; do cat $each; done | sort | uniq | grep -v "^bash\\|^cat\\|^sort\\|^uniq\\|^grep"',
    );
    expect(commands.split('\n')).toEqual(['docker-init', 'perl']);
    expect(await inside('grep -h Cap /proc/1/status | cut -f2 | sort -u')).toBe('0000000000000000');
    expect(await inside('grep -h NoNewPrivs /proc/1/status | cut -f2')).toBe('1');
  });

  test('can mount nothing that would appear on the host', async () => {
    expect(await inside('mkdir /workspace/x && mount -t tmpfs none /workspace/x')).toMatch(
      /must be superuser|permission|not permitted/i,
    );
  });

  test('belongs to one attempt, and is gone after it', async () => {
    const job = sampleJob();
    const { deploymentId, app, limits } = job;
    const taker = { deploymentId, attempt: 1, appId: app.id, image: null, limits };
    const folder = host.prepared.folderOf(taker);
    const sandbox = host.prepared.in(folder);
    const next = host.prepared.folderOf({ ...taker, attempt: 2 });
    expect(next.top).not.toBe(folder.top);
    expect(await sandbox?.containerId()).toBe(id);
    expect(await host.prepared.in(next)?.containerId()).not.toBe(id);
    await host.prepared.release(next.top);
    const first = await sandbox?.give(sandbox.key.imageId, []);
    expect(first?.container.id).toBe(id);
    expect(await sandbox?.give(sandbox.key.imageId, [])).toBeNull();
    await host.prepared.release(folder.top);
    expect(await containersOf(engine, host.runnerId)).not.toContain(id);
  });
});

test('a build’s variables are in nothing that the engine keeps', async ({ skip }) => {
  if (why !== null) return skip(why);
  const bench = new BuildBench(engine);
  try {
    let kept: string | undefined;
    const variables = { API_KEY: 'hunter2-and-more' };
    let looked: Promise<unknown> | undefined;
    const { failure } = await bench.run({
      plan: plan({
        buildCommand: 'test "$API_KEY" = hunter2-and-more; echo up; until [ -e go ]; do sleep 0.05; done',
      }),
      variables,
      prepared: true,
      onLine: (text, _stop, { host, root }) => {
        if (text !== 'up') return;
        looked = (async () => {
          const [id = ''] = await containersOf(engine, host.runnerId);
          kept = JSON.stringify(await engine.getContainer(id).inspect());
          await execa('touch', [`${root}/go`]);
        })();
      },
    });
    await looked;
    expect(failure).toBeNull();
    expect(kept).toContain('appflux-build');
    expect(kept).not.toContain('hunter2');
  } finally {
    await bench.close();
  }
});
