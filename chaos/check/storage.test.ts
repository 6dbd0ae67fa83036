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

  const SITE = { kind: 'static', files: 1, bytes: 1, newFiles: 1, newBytes: 1 } as const;
  const SITES = [
    { id: 'one', appId: 'app', attempt: 1, artifacts: [artifact('site.zip', 10)], site: SITE },
    { id: 'two', appId: 'app', attempt: 1, artifacts: [artifact('site.zip', 10)], site: SITE },
  ];
  const PUBLISHED: readonly [string, number][] = [
    ['apps/app/sites/packs/one-1', 7],
    ['apps/app/sites/manifests/one.json.gz', 3],
    ['apps/app/sites/manifests/two.json.gz', 3],
    ['apps/app/one/log.ndjson.gz', 5],
    ['apps/app/two/log.ndjson.gz', 5],
  ];
  const pack = { key: 'apps/app/sites/packs/one-1', size: 7 };
  const MANIFESTS = new Map([
    ['apps/app/sites/manifests/one.json.gz', [pack]],
    ['apps/app/sites/manifests/two.json.gz', [pack]],
  ]);

  test('are correct if they are the sites, which may share packs', () => {
    expect(judgeObjects(new Map(PUBLISHED), SITES, MANIFESTS)).toEqual([]);
  });

  test.each<[string, number, readonly [string, number][]]>([
    ['a pack is missing', 2, PUBLISHED.slice(1)],
    ['a pack has another size', 2, [['apps/app/sites/packs/one-1', 8], ...PUBLISHED.slice(1)]],
    ['a manifest is missing', 1, PUBLISHED.filter(([key]) => !key.endsWith('two.json.gz'))],
    ['a pack is in no manifest', 1, [...PUBLISHED, ['apps/app/sites/packs/two-1', 7]]],
    ['the archive of a site is an object', 1, [...PUBLISHED, ['apps/app/one/1/site.zip', 10]]],
    ['a manifest belongs to no deployment', 1, [...PUBLISHED, ['apps/app/sites/manifests/three.json.gz', 3]]],
  ])('are wrong if %s', (_, faults, objects) => {
    expect(judgeObjects(new Map(objects), SITES, MANIFESTS)).toHaveLength(faults);
  });
});
