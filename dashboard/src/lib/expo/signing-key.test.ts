import { AppFluxError, type ExpoSigningKey } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { artifact, deployment, plan } from '../../testing/fixtures.ts';
import { isExpo, SigningKey } from './signing-key.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };

/** An API that keeps one key; loading fails with `code` if there is none. */
function signingKey(code: 'not_found' | 'unavailable') {
  let kept: ExpoSigningKey | null = null;
  return new SigningKey(
    'tide',
    {
      apps: {
        expoSigningKey: async () => {
          if (kept === null) throw new AppFluxError(code, 'No key');
          return kept;
        },
        setExpoSigningKey: async (_slug, { certificate, keyId = 'main' }) => {
          const createdAt = '2026-11-10T12:00:00.000Z';
          kept = { keyId, certificate, expiresAt: createdAt, createdAt };
          return kept;
        },
        deleteExpoSigningKey: async () => {
          kept = null;
        },
      },
    },
    page,
  );
}

test('an app without a key has none, which is no error; then one is set and deleted', async () => {
  const key = signingKey('not_found');
  const stop = key.start();
  await expect.poll(() => key.all).toEqual({ key: null });
  expect(key.error).toBe(null);
  await key.set({ privateKey: 'p', certificate: 'c', keyId: 'main' });
  expect(key.all?.key?.certificate).toBe('c');
  await key.delete();
  expect(key.all).toEqual({ key: null });
  stop();
});

test('any other failure is an error', async () => {
  const key = signingKey('unavailable');
  const stop = key.start();
  await expect.poll(() => key.error?.code).toBe('unavailable');
  expect(key.all).toBe(null);
  stop();
});

test('an app is one of Expo by its plan, or by an update that it has published', () => {
  expect(isExpo([])).toBe(false);
  expect(isExpo([deployment({ plan: plan(), artifacts: [artifact()] })])).toBe(false);
  expect(isExpo([deployment(), deployment({ plan: plan({ framework: 'expo' }) })])).toBe(true);
  expect(isExpo([deployment({ artifacts: [artifact({ meta: { update: 'expo' } })] })])).toBe(true);
});
