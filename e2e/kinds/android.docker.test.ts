/** A Gradle project to an APK, in the image of Debian's packages: control plane, runner and engine are real. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureImages, runIn } from './container.ts';
import { type KindInstance, startKindInstance } from './instance.ts';

const IMAGE = 'appflux/android-builder';
let instance: KindInstance;

beforeAll(async () => {
  await ensureImages('android');
  instance = await startKindInstance();
});

afterAll(() => instance?.stop());

it('an unsigned APK is built where there is no key, and says so', async () => {
  const { deployment, files, artifact } = await instance.build('android-gradle');
  expect(deployment).toMatchObject({
    version: '2.4.1',
    plan: { type: 'android', image: IMAGE, buildCommand: expect.stringContaining('assembleRelease') },
  });
  expect([...files.keys()]).toEqual(['app-release-unsigned.apk']);
  expect(artifact('app-release-unsigned.apk').meta).toMatchObject({
    label: 'Tap Counter',
    package: 'dev.appflux.fixture.counter',
    version: '2.4.1',
    versionCode: 1,
    signed: false,
  });
  const { output } = await runIn({
    image: IMAGE,
    files,
    script: 'aapt dump badging app-release-unsigned.apk',
  });
  expect(output).toContain("application-label:'Tap Counter'");
  expect(output).toMatch(
    /^package: name='dev\.appflux\.fixture\.counter' versionCode='1' versionName='2\.4\.1'/m,
  );
  await expect(
    runIn({ image: IMAGE, files, script: 'apksigner verify app-release-unsigned.apk' }),
  ).rejects.toThrow('DOES NOT VERIFY');
});
