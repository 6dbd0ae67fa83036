/** A Gradle project becomes an APK, in the image of Debian's packages. Control plane, runner and engine are real. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureImages, runIn } from './container.ts';
import { type KindInstance, startKindInstance } from './instance.ts';

const IMAGE = 'appflux/android-builder';
let instance: KindInstance;

beforeAll(async () => {
  await ensureImages('android');
  instance = await startKindInstance();
});

afterAll(() => instance?.stop());

it('without a key an unsigned APK is built, and the page says so', async () => {
  const { deployment, files, artifact } = await instance.build('android-gradle');
  expect(deployment).toMatchObject({
    version: '2.4.1',
    plan: {
      type: 'android',
      image: IMAGE,
      imageDigest: (await connectEngine().getImage(IMAGE).inspect()).Id,
      tools: { variant: 'debian', java: expect.stringMatching(/^17\./), gradle: '4.8' },
      buildCommand: expect.stringContaining('assembleRelease'),
    },
  });
  expect([...files.keys()]).toEqual(['app-release-unsigned.apk']);
  expect(artifact('app-release-unsigned.apk').meta).toMatchObject({
    label: 'Tap Counter',
    package: 'dev.appflux.fixture.counter',
    version: '2.4.1',
    versionCode: 1,
    signed: false,
  });
  const page = await (await fetch(deployment.urls.page ?? '')).text();
  expect(page).toContain('Nobody has signed this file: Android does not install it as it is.');
  expect(page).toContain('<dt>Signed</dt><dd>No</dd>');
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

/**
 * A real wrapper, as Gradle generates it, and a distribution for it to unpack: the program that every distribution
 * starts with, which here calls the image's Gradle. Builds in this image reach no host that has real distributions.
 */
const MAKE_WRAPPER = `
  cd /tmp && mkdir project && cd project && touch settings.gradle
  gradle --quiet wrapper
  sed -i 's/^distributionUrl=.*/distributionUrl=gradle-0-bin.zip/' gradle/wrapper/gradle-wrapper.properties
  mkdir -p /tmp/own/org/gradle/launcher /tmp/gradle-0/lib && cd /tmp/own
  cat > org/gradle/launcher/GradleMain.java <<'JAVA'
  package org.gradle.launcher;
  public class GradleMain {
    public static void main(String[] args) throws Exception {
      System.out.println("The wrapper runs " + String.join(" ", args));
      var command = new java.util.ArrayList<String>(java.util.List.of("gradle"));
      command.addAll(java.util.List.of(args));
      System.exit(new ProcessBuilder(command).inheritIO().start().waitFor());
    }
  }
JAVA
  javac org/gradle/launcher/GradleMain.java
  jar --create --file /tmp/gradle-0/lib/gradle-launcher-0.jar org
  cd /tmp && jar --create --no-manifest --file /look/gradle-0-bin.zip gradle-0
  cd /tmp/project && cp gradlew gradle/wrapper/gradle-wrapper.jar gradle/wrapper/gradle-wrapper.properties /look/
`;

it('the project’s own wrapper builds it, even if a ZIP has lost its executable bit', async () => {
  const inWrapper = ['gradle-wrapper.jar', 'gradle-wrapper.properties', 'gradle-0-bin.zip'];
  const made = await runIn({ image: IMAGE, script: MAKE_WRAPPER, keep: ['gradlew', ...inWrapper] });
  const more = Object.fromEntries(
    [...made.files].map(([name, bytes]) => [name === 'gradlew' ? name : `gradle/wrapper/${name}`, bytes]),
  );
  const { deployment, files, log } = await instance.build('android-gradle', undefined, undefined, more);
  expect(deployment.plan).toMatchObject({ buildCommand: 'sh ./gradlew :app:assembleRelease' });
  expect(log).toContain('The wrapper runs :app:assembleRelease');
  expect([...files.keys()]).toEqual(['app-release-unsigned.apk']);
});
