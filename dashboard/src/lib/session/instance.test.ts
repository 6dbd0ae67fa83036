import { AppFluxError, type InstanceConfig } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { Instance, ProjectSettings, type Reach } from './instance.svelte.ts';

const config: InstanceConfig = {
  auth: {
    issuer: 'embedded',
    url: 'http://localhost:8787',
    key: 'appflux',
    github: false,
    signUp: 'invitation',
  },
  mail: true,
};
const supabase: InstanceConfig = {
  mail: false,
  auth: { ...config.auth, issuer: 'supabase', url: 'https://project.example', github: true },
};

const reach = (over: Partial<Reach<string>> = {}): Reach<string> => ({
  config: async () => config,
  connect: ({ url }) => `client of ${url}`,
  settings: async () => {
    throw new Error('Only a Supabase project has settings');
  },
  ...over,
});

test('the client belongs to the issuer, and is there once that is known', async () => {
  let attempts = 0;
  const instance = new Instance(
    reach({
      config: async () => {
        attempts += 1;
        if (attempts === 1) throw new AppFluxError('unavailable', 'Couldn’t reach AppFlux.');
        return config;
      },
    }),
  );
  await instance.ask();
  expect(instance.error?.code).toBe('unavailable');
  expect(instance.auth).toBeNull();
  expect(instance.mail).toBe(false);
  await instance.ask();
  expect(instance.error).toBeNull();
  expect(instance.auth).toEqual(config.auth);
  expect(instance.mail).toBe(true);
  expect(await instance.client).toBe('client of http://localhost:8787');
});

describe('GitHub is offered', () => {
  test('by the embedded issuer as it is configured', async () => {
    for (const github of [true, false]) {
      const instance = new Instance(
        reach({ config: async () => ({ ...config, auth: { ...config.auth, github } }) }),
      );
      expect(instance.github).toBe(false);
      await instance.ask();
      expect(instance.github).toBe(github);
      expect(instance.createsAccounts).toBe(true);
    }
  });

  test('by a Supabase project as its settings say, and not before they are known', async () => {
    const known = Promise.withResolvers<ProjectSettings>();
    const instance = new Instance(reach({ config: async () => supabase, settings: () => known.promise }));
    const asked = instance.ask();
    await instance.client;
    expect(instance.github).toBe(false);
    known.resolve({ github: true, signUps: false });
    await asked;
    expect(instance.github).toBe(true);
    expect(instance.createsAccounts).toBe(false);
  });

  test('by a project whose settings can’t be read: it says no itself', async () => {
    const settings = () => Promise.reject(new Error('offline'));
    const instance = new Instance(reach({ config: async () => supabase, settings }));
    await instance.ask();
    expect(instance.error).toBeNull();
    expect(instance.github).toBe(true);
    expect(instance.createsAccounts).toBe(true);
  });
});

test('the settings of a project are read, whatever else they hold', () => {
  const answer = {
    external: { email: true, github: false, google: true },
    disable_signup: true,
    sms_provider: '',
  };
  expect(ProjectSettings.parse(answer)).toEqual({ github: false, signUps: false });
  expect(ProjectSettings.safeParse({ message: 'no' }).success).toBe(false);
});
