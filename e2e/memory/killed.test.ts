/** The kernel kills workerd for lack of memory: it is started again, and nothing that was acknowledged is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

/** The ids of the workerd processes that descend from this one. */
function workerds(): number[] {
  const stats = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const [, name = '', parent = ''] =
          /^\d+ \((.*)\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return [{ pid: Number(pid), name, parent: Number(parent) }];
      } catch {
        // It has ended since the folder was listed.
        return [];
      }
    });
  const isOurs = (pid: number): boolean => {
    const parent = stats.find((stat) => stat.pid === pid)?.parent;
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  return stats.filter(({ pid, name }) => name === 'workerd' && isOurs(pid)).map(({ pid }) => pid);
}

test('a killed workerd is started again, with all that was acknowledged', async () => {
  const before = workerds();
  const edge = await startInstance();
  onTestFinished(() => edge.stop());
  const { client, id, attempt } = await simulatedBuild(edge);
  attempt.lines(1, 200);
  expect(await attempt.acked()).toBe(200);
  // That of the control plane: the one for servers of sites is not there before somebody visits one.
  const started = workerds().filter((one) => !before.includes(one));
  expect(started).toHaveLength(1);
  for (const pid of started) process.kill(pid, 'SIGKILL');
  expect((await attempt.socket.closed).code).toBe(1006);

  await expect
    .poll(
      () =>
        client.deployment(id).then(
          ({ status }) => status,
          () => 'down',
        ),
      { timeout: 30_000 },
    )
    .toBe('building');
  attempt.connect();
  expect(await attempt.socket.next('welcome')).toMatchObject({ ackedSeq: 200 });
  attempt.fail();
  await attempt.socket.next('finished');
  await client.archived(id);
  expect((await client.logs(id)).items.filter(({ stream }) => stream === 'stdout')).toHaveLength(200);
});
