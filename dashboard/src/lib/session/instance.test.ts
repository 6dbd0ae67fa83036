import { AppFluxError, type InstanceConfig } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { Instance, type InstanceSources, type ProjectSettings, projectSettings } from './instance.svelte.ts';

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

const sources = (over: Partial<InstanceSources<string>> = {}): InstanceSources<string> => ({
  config: async () => config,
  connect: ({ url }) => `client of ${url}`,
  settings: async () => {
    throw new Error('Only a Supabase project has settings');
  },
  ...over,
});

test('the client is available once the issuer is loaded', async () => {
  let attempts = 0;
  const instance = new Instance(
    sources({
      config: async () => {
        attempts += 1;
        if (attempts === 1) throw new AppFluxError('unavailable', 'Couldn’t reach AppFlux.');
        return config;
      },
    }),
  );
  await instance.load();
  expect(instance.error?.code).toBe('unavailable');
  expect(instance.auth).toBeNull();
  expect(instance.mail).toBe(false);
  await instance.load();
  expect(instance.error).toBeNull();
  expect(instance.auth).toEqual(config.auth);
  expect(instance.mail).toBe(true);
  // An earlier version does not say it.
  expect(instance.servers).toBe(false);
  expect(await instance.connect()).toBe('client of http://localhost:8787');
});

describe('GitHub is offered', () => {
  test('by the embedded issuer as configured', async () => {
    for (const github of [true, false]) {
      const instance = new Instance(
        sources({ config: async () => ({ ...config, auth: { ...config.auth, github } }) }),
      );
      expect(instance.github).toBe(false);
      await instance.load();
      expect(instance.github).toBe(github);
      expect(instance.createsAccounts).toBe(true);
    }
  });

  test('by a Supabase project according to its settings, once they are loaded', async () => {
    const loaded = Promise.withResolvers<ProjectSettings>();
    const instance = new Instance(sources({ config: async () => supabase, settings: () => loaded.promise }));
    const asked = instance.load();
    await instance.connect();
    expect(instance.github).toBe(false);
    loaded.resolve({ github: true, signUps: false });
    await asked;
    expect(instance.github).toBe(true);
    expect(instance.createsAccounts).toBe(false);
  });

  test('by a project whose settings can’t be loaded', async () => {
    const settings = () => Promise.reject(new Error('offline'));
    const instance = new Instance(sources({ config: async () => supabase, settings }));
    await instance.load();
    expect(instance.error).toBeNull();
    expect(instance.github).toBe(true);
    expect(instance.createsAccounts).toBe(true);
  });
});

test('unknown settings of a project are ignored', () => {
  const answer = {
    external: { email: true, github: false, google: true },
    disable_signup: true,
    sms_provider: '',
  };
  expect(projectSettings(answer)).toEqual({ github: false, signUps: false });
  for (const other of [{ message: 'no' }, { ...answer, external: null }, 'no', null]) {
    expect(() => projectSettings(other)).toThrow(TypeError);
  }
});

test('whether sites are published with a server is what the instance says', async () => {
  const instance = new Instance(sources({ config: async () => ({ ...config, servers: true }) }));
  await instance.load();
  expect(instance.servers).toBe(true);
});
