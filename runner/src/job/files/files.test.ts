import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { JobFailure } from '../../step-context.ts';
import { fileSecrets } from './secrets.ts';
import { androidSigning } from './signing.ts';

const PATH = '/run/appflux-files/KEYSTORE';

describe('signing', () => {
  const variables = { KEYSTORE_PASSWORD: 'store', KEY_ALIAS: 'release', KEY_PASSWORD: 'key' };

  test('is asked of the Android Gradle plugin by its own properties', () => {
    const { gradleOptions, note } = androidSigning(PATH, variables);
    const property = '-Dorg.gradle.project.android.injected.signing';
    expect(gradleOptions).toBe(
      `'${property}.store.file=${PATH}' '${property}.store.password=store' '${property}.key.alias=release' '${property}.key.password=key'`,
    );
    expect(note).toBe('Release builds are signed with the file KEYSTORE.');
  });

  test('takes the keystore’s password for the key’s where that has none of its own', () => {
    const { KEY_PASSWORD: _, ...rest } = variables;
    expect(androidSigning(PATH, rest).gradleOptions).toContain('key.password=store');
  });

  test.each([{}, { KEYSTORE_PASSWORD: 'store' }, { KEY_ALIAS: 'release', KEY_PASSWORD: 'key' }])(
    'is left out, and that is said, where something is missing: %j',
    (some) => {
      const { gradleOptions, note } = androidSigning(PATH, some);
      expect(gradleOptions).toBeNull();
      expect(note).toContain('KEYSTORE_PASSWORD and KEY_ALIAS');
    },
  );

  test('without a keystore is no subject', () => {
    expect(androidSigning(null, variables)).toEqual({ gradleOptions: null, note: null });
  });

  test('takes no password of several lines', () => {
    expect(() => androidSigning(PATH, { ...variables, KEY_PASSWORD: 'a\nb' })).toThrow(JobFailure);
  });

  // What gradlew does with GRADLE_OPTS: up to Gradle 6 the first, from 7 on the second.
  test.each([
    'eval set -- $GRADLE_OPTS; printf "%s\\n" "$@"',
    'eval "set -- $(printf "%s\\n" "$GRADLE_OPTS" | xargs -n1 | sed " s~[^-[:alnum:]+,./:=@_]~\\\\\\\\&~g; " | tr "\\n" " ")"; printf "%s\\n" "$@"',
  ])('survives the start scripts of Gradle with any password: %s', async (script) => {
    const password = `a'b"c$HOME\`id\`\\d;e|f&g(h)!#~{i} j`;
    const { gradleOptions } = androidSigning(PATH, { ...variables, KEYSTORE_PASSWORD: password });
    const { stdout } = await execa('sh', ['-c', script], { env: { GRADLE_OPTS: `-Dx=1 ${gradleOptions}` } });
    expect(stdout.split('\n')).toEqual([
      '-Dx=1',
      `-Dorg.gradle.project.android.injected.signing.store.file=${PATH}`,
      `-Dorg.gradle.project.android.injected.signing.store.password=${password}`,
      '-Dorg.gradle.project.android.injected.signing.key.alias=release',
      '-Dorg.gradle.project.android.injected.signing.key.password=key',
    ]);
  });
});

describe('what is secret of a file', () => {
  const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

  test('is its base64, also as programs wrap it', () => {
    const content = base64(Buffer.alloc(120, 0xf3));
    const secrets = fileSecrets({ KEYSTORE: content });
    expect(secrets).toEqual([
      content,
      content.match(/.{1,64}/g)?.join('\n'),
      content.match(/.{1,76}/g)?.join('\n'),
    ]);
  });

  test('is each longer line of a text, but not the frame around it', () => {
    const secrets = fileSecrets({
      KEY: base64(
        '-----BEGIN PRIVATE KEY-----\r\nMIIEvQIBADANBgkqhkiG9w0BAQEF\r\nshort\r\n-----END PRIVATE KEY-----\r\n',
      ),
    });
    expect(secrets.slice(3)).toEqual(['MIIEvQIBADANBgkqhkiG9w0BAQEF']);
  });
});
