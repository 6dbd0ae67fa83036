import { AppFluxError, type InstanceConfig } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { Instance } from './instance.svelte.ts';

const config: InstanceConfig = {
  auth: {
    issuer: 'embedded',
    url: 'http://localhost:8787',
    key: 'appflux',
    github: false,
    signUp: 'invitation',
  },
};

test('the client is that of whoever keeps the people, and comes when that is known', async () => {
  let attempts = 0;
  const instance = new Instance(
    async () => {
      attempts += 1;
      if (attempts === 1) throw new AppFluxError('unavailable', 'AppFlux cannot be reached.');
      return config;
    },
    ({ url }) => `client of ${url}`,
  );
  await instance.ask();
  expect(instance.error?.code).toBe('unavailable');
  expect(instance.auth).toBeNull();
  await instance.ask();
  expect(instance.error).toBeNull();
  expect(instance.auth).toEqual(config.auth);
  expect(await instance.client).toBe('client of http://localhost:8787');
});
