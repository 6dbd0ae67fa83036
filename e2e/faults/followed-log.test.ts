/** A log as the client package follows it, for the CLI: each line once and in order, whatever happens in between. */
import { createClient } from '@appflux/client';
import type { LogLine } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

let edge: EdgeInstance;
beforeAll(async () => {
  edge = await startInstance();
});
afterAll(() => edge.stop());

it('a log is followed over a restart of the control plane', async () => {
  const { client, id, attempt } = await simulatedBuild(edge, 'followed');
  let lines: LogLine[] = [];
  const connections: string[] = [];
  const stop = new AbortController();
  const followed = client.api.logs.follow(
    id,
    {
      lines: (batch) => lines.push(...batch),
      rewind: () => {
        lines = [];
      },
      connection: (connection) => connections.push(connection),
    },
    { signal: stop.signal },
  );
  // Checked at the end; until then a rejection would count as unhandled.
  followed.catch(() => undefined);
  attempt.lines(1, 40);
  await attempt.acked();
  await expect.poll(() => lines.length).toBe(40);

  await edge.crash();
  const { ackedSeq } = await attempt.connect().next('welcome');
  attempt.lines(ackedSeq + 1, 90);
  await attempt.acked();
  await expect.poll(() => lines.length).toBe(90);
  expect(lines.map(({ text }) => text)).toEqual(
    Array.from({ length: 90 }, (_, index) => `line ${index + 1}`),
  );
  expect(connections.filter((connection) => connection === 'live').length).toBeGreaterThan(1);

  const reason = new Error('enough');
  stop.abort(reason);
  await expect(followed).rejects.toBe(reason);
});

it('a finished log is followed from a line on, to its end', async () => {
  const { client, id, attempt } = await simulatedBuild(edge, 'finished');
  attempt.lines(1, 10);
  attempt.fail();
  await client.untilEnded(id);
  const lines: LogLine[] = [];
  const states: string[] = [];
  await client.api.logs.follow(
    id,
    { lines: (batch) => lines.push(...batch), state: (status) => states.push(status) },
    { after: 7 },
  );
  expect(states.at(-1)).toBe('failed');
  expect(lines.slice(0, 3).map(({ text }) => text)).toEqual(['line 8', 'line 9', 'line 10']);
});

it('a log that the server refuses to show is an error with its reason', async () => {
  const { id } = await simulatedBuild(edge, 'refused');
  const stranger = createClient({ url: edge.url, token: 'afx_unknown' });
  await expect(stranger.logs.follow(id, { lines: () => undefined })).rejects.toMatchObject({
    code: 'unauthorized',
  });
});
