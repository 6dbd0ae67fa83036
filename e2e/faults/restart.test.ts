/** A deploy of the Worker, or its crash, drops every socket: builds continue without a loss. */
import { createHash } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

it('the control plane restarts mid-build: the runner reconnects and nothing is lost', async () => {
  const edge = await startInstance();
  onTestFinished(() => edge.stop());
  const { client, id, attempt } = await simulatedBuild(edge);
  attempt.lines(1, 50);
  await attempt.acked();
  attempt.lines(51, 100);
  await edge.crash();
  await attempt.socket.closed;

  const { ackedSeq } = await attempt.connect().next('welcome');
  expect(ackedSeq).toBeGreaterThanOrEqual(50);
  attempt.lines(ackedSeq + 1, 120);
  attempt.fail();
  expect(await client.untilEnded(id)).toMatchObject({ status: 'failed', attempt: 1 });
  const { items } = await client.logs(id);
  expect(items.slice(0, 120).map(({ text }) => text)).toEqual(
    Array.from({ length: 120 }, (_, n) => `line ${n + 1}`),
  );
});

it('crash between upload and commit: the stored bytes are committed afterwards, and delivered once', async () => {
  const edge = await startInstance();
  onTestFinished(() => edge.stop());
  const { client, id, attempt } = await simulatedBuild(edge);
  const artifact = { name: 'app.zip', sha256: createHash('sha256').update('hello').digest('hex') };
  const etag = await attempt.put(artifact, 'hello');
  await edge.crash();
  await attempt.socket.closed;

  await attempt.connect().next('welcome');
  await attempt.commit(artifact.name, etag);
  attempt.finish({ status: 'success', artifacts: [artifact.name] });
  const ended = await client.untilEnded(id);
  expect(ended).toMatchObject({ status: 'success', attempt: 1, artifacts: [{ ...artifact, size: 5 }] });
  expect(ended.artifacts).toHaveLength(1);
  expect(await (await fetch(ended.artifacts[0]?.url ?? '')).text()).toBe('hello');
});
