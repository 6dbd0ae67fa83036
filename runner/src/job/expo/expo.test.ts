import { createHash } from 'node:crypto';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpoUpdateFacts, ExpoUpdateMeta, readSiteIndex, SITE_PACK_TYPE } from '@appflux/protocol';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../prepare/testing/surroundings.ts';
import { type Publishing, usePublishing } from '../site/testing/publishing.ts';
import { exportMetadata } from './metadata.ts';
import { runtimeVersionOf } from './runtime-version.ts';

const now = usePublishing();
const write: Publishing['write'] = (files) => now().write(files);

const PICTURE = 'the bytes of a picture';
const CODE = 'code()';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

const METADATA = {
  version: 0,
  bundler: 'metro',
  fileMetadata: {
    android: {
      bundle: '_expo/static/js/android/index.hbc',
      assets: [{ path: 'assets/1', ext: 'png' }],
    },
  },
};

/** An output of `expo export`, with what a build adds to it. */
const EXPORT = {
  'update/metadata.json': JSON.stringify(METADATA),
  'update/_expo/static/js/android/index.hbc': CODE,
  'update/assets/1': PICTURE,
  'update/expoConfig.json': JSON.stringify({
    name: 'X',
    version: '3.1.0',
    runtimeVersion: { policy: 'appVersion' },
  }),
  'update/_expo/static/js/android/index.hbc.map': '{}',
};

const collect = () => now().collect({ plan: { type: 'android', framework: 'expo', outputs: ['update'] } });

describe('an output of expo export', () => {
  it('is published as an update: its bundle and assets, and what the feed needs', async () => {
    await write(EXPORT);
    const artifact = await collect();
    expect(artifact).toMatchObject({ name: 'shop-1.0.0-update.zip', contentType: SITE_PACK_TYPE });
    expect(ExpoUpdateFacts.parse(artifact.meta)).toEqual({ update: 'expo', androidRuntime: '3.1.0' });
    expect(artifact.meta).not.toHaveProperty('entry');
    const read = await readSiteIndex(new Uint8Array(await readFile(artifact.path)));
    if (read.outcome !== 'ok') throw new Error(read.message);
    const { kind, meta, add } = read.index;
    expect(kind).toBe('expo');
    expect(add.map(({ path }) => path)).toEqual(['_expo/static/js/android/index.hbc', 'assets/1']);
    expect(ExpoUpdateMeta.parse(meta)).toEqual({
      android: {
        runtimeVersion: '3.1.0',
        bundle: { path: '_expo/static/js/android/index.hbc', key: md5(CODE) },
        assets: [{ path: 'assets/1', key: md5(PICTURE), contentType: 'image/png', extension: 'png' }],
      },
      expoConfig: { name: 'X', version: '3.1.0', runtimeVersion: { policy: 'appVersion' } },
    });
    expect(now().lines).toContain('Update for android, runtime version 3.1.0.');
  });

  it('is published again with the same facts if its base is gone', async () => {
    await write(EXPORT);
    const artifact = await collect();
    const again = await artifact.site?.repack(now().around.ctx);
    expect(again?.meta).toEqual(artifact.meta);
  });

  it('uses the config of the source, and what the tool has resolved', async () => {
    const { 'update/expoConfig.json': _, ...files } = EXPORT;
    await write({
      ...files,
      'app.json': JSON.stringify({ expo: { runtimeVersion: { policy: 'fingerprint' } } }),
    });
    expect(await collect()).toMatchObject({ contentType: 'application/zip' });
    expect(now().lines).toContainEqual(
      expect.stringMatching(
        /^Warning: "update" is not published as an update for android: .*runtimeversion:resolve/,
      ),
    );
    // It lists all sources of a fingerprint, which are many in a project with native modules.
    const fingerprintSources = Array.from({ length: 4000 }, (_, index) => ({
      filePath: `node_modules/package-${index}`,
      hash: 'x'.repeat(40),
    }));
    const resolved = JSON.stringify({ runtimeVersion: '3fa8c1', fingerprintSources, workflow: 'managed' });
    await write({ 'update/runtime-version.android.json': resolved });
    expect((await collect()).meta).toMatchObject({ androidRuntime: '3fa8c1' });
  });

  it('that lacks a file which it lists is refused', async () => {
    const { 'update/assets/1': _, ...files } = EXPORT;
    await write(files);
    expect(await failureOf(collect())).toMatchObject({
      code: 'artifact_invalid',
      message: expect.stringContaining('lacks "assets/1"'),
    });
  });

  it('that lists a path outside of itself is refused', async () => {
    const outside = structuredClone(METADATA);
    outside.fileMetadata.android.bundle = '../../etc/passwd';
    await write({ ...EXPORT, 'update/metadata.json': JSON.stringify(outside) });
    expect(await failureOf(collect())).toMatchObject({ code: 'artifact_invalid' });
  });

  it('with a link out of the project is refused', async () => {
    await write(EXPORT);
    await symlink('/etc/passwd', join(now().root, 'update/assets/2'));
    expect(await failureOf(collect())).toMatchObject({ code: 'artifact_invalid' });
  });

  it('is delivered as a ZIP to an edge that publishes nothing', async () => {
    now().sites.accepts = undefined;
    await write(EXPORT);
    expect(await collect()).toMatchObject({ contentType: 'application/zip' });
  });
});

it.each([
  ['no JSON', '{'],
  ['another file', '{"name":"x"}'],
  ['a list', '[]'],
  ['no platform of ours', '{"fileMetadata":{"web":{"bundle":"a","assets":[]}}}'],
])('%s is not an export', (_what, text) => expect(exportMetadata(text).outcome).toBe('other'));

it.each([
  [{ fileMetadata: { android: { bundle: '/a', assets: [] } } }],
  [{ fileMetadata: { android: { bundle: 'a' } } }],
  [{ fileMetadata: { android: { bundle: 'a', assets: [{ path: 'a/../../b', ext: 'x' }] } } }],
  [{ fileMetadata: null }],
])('an export can’t be %j', (value) =>
  expect(exportMetadata(JSON.stringify(value))).toMatchObject({
    outcome: 'invalid',
    problem: expect.any(String),
  }),
);

describe('the runtime version', () => {
  const resolve = (
    config: Record<string, unknown> | null,
    platform: 'android' | 'ios' = 'android',
    resolved = null,
  ) => {
    const version = runtimeVersionOf(platform, { resolved, config });
    return version.ok ? version.runtimeVersion : null;
  };
  const policy = (name: string) => ({ runtimeVersion: { policy: name } });

  it.each([
    [{ runtimeVersion: '1.0' }, '1.0'],
    [{ ...policy('appVersion'), version: '2.1.0' }, '2.1.0'],
    [policy('appVersion'), '1.0.0'],
    [{ ...policy('nativeVersion'), version: '2.1.0', android: { versionCode: 7 } }, '2.1.0(7)'],
    [{ ...policy('nativeVersion'), version: '2.1.0' }, '2.1.0(1)'],
    [{ ...policy('sdkVersion'), sdkVersion: '54.0.0' }, 'exposdk:54.0.0'],
    [{ runtimeVersion: '1', android: { runtimeVersion: '2' } }, '2'],
    [{ runtimeVersion: '1', ios: { runtimeVersion: '2' } }, '1'],
    [policy('sdkVersion'), null],
    [policy('fingerprint'), null],
    [policy('toString'), null],
    [{}, null],
    [{ runtimeVersion: '' }, null],
    [{ runtimeVersion: 'x\r\ny' }, null],
    [{ runtimeVersion: ['1'] }, null],
    [null, null],
  ])('of %j is %s', (config, version) => expect(resolve(config)).toBe(version));

  it('of iOS has its build number', () => {
    const config = { ...policy('nativeVersion'), version: '2.1.0', ios: { buildNumber: '42' } };
    expect(resolve(config, 'ios')).toBe('2.1.0(42)');
  });
});
