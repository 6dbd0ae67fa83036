import { describe, expect, test } from 'vitest';
import { judgeObjects } from './storage.ts';

const artifact = (name: string, size: number) => ({
  name,
  size,
  sha256: 'a'.repeat(64),
  contentType: 'application/zip',
  url: 'http://localhost/dl',
  meta: {},
});
const DEPLOYMENTS = [
  { id: 'one', appId: 'app', attempt: 2, artifacts: [artifact('site.zip', 10)] },
  { id: 'two', appId: 'app', attempt: 1, artifacts: [] },
];
const RIGHT: readonly [string, number][] = [
  ['apps/app/one/2/site.zip', 10],
  ['apps/app/one/log.ndjson.gz', 5],
  ['apps/app/two/log.ndjson.gz', 5],
];

describe('the contents of storage', () => {
  test('are correct if they are the artifacts and the logs', () => {
    expect(judgeObjects(new Map(RIGHT), DEPLOYMENTS)).toEqual([]);
  });

  test.each<[string, readonly [string, number][]]>([
    ['an artifact is missing', RIGHT.slice(1)],
    ['a log is missing', RIGHT.slice(0, 2)],
    ['an artifact has another size', [['apps/app/one/2/site.zip', 9], ...RIGHT.slice(1)]],
    ['an earlier attempt left an object', [...RIGHT, ['apps/app/one/1/site.zip', 10]]],
    ['a deployment without artifacts left an object', [...RIGHT, ['apps/app/two/1/site.zip', 10]]],
    ['an object belongs to no deployment', [...RIGHT, ['apps/app/three/log.ndjson.gz', 1]]],
  ])('are wrong if %s', (_, objects) => {
    expect(judgeObjects(new Map(objects), DEPLOYMENTS)).toHaveLength(1);
  });
});
