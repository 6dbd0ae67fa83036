/** An APK that is signed with the app's own keystore. Control plane, runner and engine are real. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureImages, runIn } from './container.ts';
import { type KindInstance, startKindInstance } from './instance.ts';

const IMAGE = 'appflux/android-builder';
/** Every character that a shell, a property or an XML file could misinterpret. */
const PASSWORD = `sécret'"$HOME \`x\`; 1`;

let instance: KindInstance;

beforeAll(async () => {
  await ensureImages('android');
  instance = await startKindInstance();
});

afterAll(() => instance?.stop());

it('a release APK is signed with the keystore of the app, and so are later ones', async () => {
  const name = 'CN=Northwind';
  const quoted = `'${PASSWORD.replaceAll("'", `'\\''`)}'`;
  const made = await runIn({
    image: IMAGE,
    script: `keytool -genkeypair -keystore release.jks -storetype JKS -alias upload -keyalg RSA -keysize 2048 -validity 30 \
      -dname ${name} -storepass store-pass -keypass ${quoted} >&2 2>/dev/null
      keytool -exportcert -keystore release.jks -alias upload -storepass store-pass 2>/dev/null | sha256sum`,
    keep: ['release.jks'],
  });
  const keystore = made.files.get('release.jks');
  if (keystore === undefined) throw new Error('no keystore was created');
  const { deployment, files, artifact, log } = await instance.build('android-gradle', async ({ slug }) => {
    const put = async (path: string, body: unknown) => {
      const { status } = await instance.client.fetch('PUT', `/api/apps/${slug}/${path}`, body);
      expect(status).toBe(204);
    };
    await put('files/KEYSTORE', { content: keystore.toString('base64') });
    await put('env/KEYSTORE_PASSWORD', { value: 'store-pass' });
    await put('env/KEY_ALIAS', { value: 'upload' });
    await put('env/KEY_PASSWORD', { value: PASSWORD });
  });
  expect([...files.keys()]).toEqual(['app-release.apk']);
  expect(artifact('app-release.apk').meta).toMatchObject({ signed: true });
  const page = await (await fetch(deployment.urls.page ?? '')).text();
  expect(page).toContain('<dt>Signed</dt><dd>Yes</dd>');
  expect(page).not.toContain('Nobody has signed');
  expect(log).toContain('Release builds are signed with the file KEYSTORE.');
  expect(log).not.toContain('store-pass');
  expect(log).not.toContain(PASSWORD);
  const { output } = await runIn({
    image: IMAGE,
    files,
    script: 'apksigner verify --print-certs app-release.apk',
  });
  expect(output).toContain(name);
  const certificate = /^[0-9a-f]{64}/m.exec(made.output)?.[0];
  expect(certificate).not.toBe(createHash('sha256').digest('hex'));
  expect(output).toContain(`SHA-256 digest: ${certificate}`);
});
