/**
 * MongoDB is stopped in the middle of a build: reads report it, the build goes on, and its events are delivered
 * later.
 */
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { findFerretDb } from '../../stack/mongo/install.ts';
import { startFerretDb } from '../../stack/mongo/serve.ts';
import { pause } from '../instance/client.ts';
import { startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

const program = await findFerretDb();

it('the metadata store is down mid-build: reads answer 503, the build ends, its events catch up', async ({
  skip,
}) => {
  if (program === null) return skip('no FerretDB was built, and a foreign MongoDB must not be stopped');
  const mongo = await startFerretDb(program);
  onTestFinished(() => mongo.remove());
  const uri = mongo.uri('appflux');
  const edge = await startInstance({ variables: { MONGODB_URI: uri } });
  onTestFinished(() => edge.stop());
  const { client, id, attempt } = await simulatedBuild(edge);
  attempt.lines(1, 150);
  await attempt.acked();

  await mongo.kill();
  const refused = await client.fetch('GET', '/api/apps');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await refused.json()).toMatchObject({ error: { code: 'unavailable' } });
  const health = await fetch(`${edge.url}/api/health`);
  expect([health.status, await health.json()]).toMatchObject([
    503,
    { parts: { metadata: 'down', queue: 'ok' } },
  ]);

  attempt.lines(151, 300);
  attempt.fail();
  await attempt.socket.closed;
  // The queue has tried to deliver, and was refused, before the store is back.
  while (!/event-queue: message \S+ failed/.test(await edge.output())) await pause(50);

  await mongo.start();
  const find = async () => {
    await using reader = new MongoClient(uri);
    return await reader.db().collection('deployments').findOne({});
  };
  let kept = await find();
  while (kept?.status !== 'failed' || kept.buildLogs.length === 0) {
    await pause(200);
    kept = await find();
  }
  expect(await client.deployment(id)).toMatchObject({ status: 'failed', attempt: 1 });
  const { items } = await client.logs(id);
  expect(items.filter(({ stream }) => stream === 'stdout')).toHaveLength(300);

  // The format that other tools read: the ids, the dates, the last 200 lines.
  expect(kept).toMatchObject({
    _id: { _bsontype: 'ObjectId' },
    appId: { _bsontype: 'ObjectId' },
    createdAt: expect.any(Date),
    finishedAt: expect.any(Date),
    runnerId: expect.any(String),
    artifactUrl: null,
  });
  const last = items.slice(-200).map(({ at, text }) => ({ timestamp: at, message: text }));
  expect(kept.buildLogs).toEqual(last);
});
