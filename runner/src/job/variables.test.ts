import { describe, expect, test } from 'vitest';
import { sampleJob } from '../testing/sample-job.ts';
import { buildEnvironment, ignoredVariables, platformVariables } from './variables.ts';

const layers = { defaults: {}, app: {}, sandbox: {}, platform: { CI: 'true', APPFLUX: '1' } };

test('a build gets variables about its deployment', () => {
  const job = sampleJob({ buildNumber: 7 });
  expect(platformVariables(job, { branch: 'main', commitHash: 'abc1234', commitMessage: 'Fix\nit' })).toEqual(
    {
      CI: 'true',
      APPFLUX: '1',
      APPFLUX_DEPLOYMENT_ID: job.deploymentId,
      APPFLUX_APP: 'my-app',
      APPFLUX_ENVIRONMENT: 'production',
      APPFLUX_URL: job.url,
      APPFLUX_BRANCH: 'main',
      APPFLUX_COMMIT_SHA: 'abc1234',
      APPFLUX_COMMIT_MESSAGE: 'Fix\nit',
      APPFLUX_BUILD_NUMBER: '7',
    },
  );
});

test('variables whose names are reserved are left out, and named', () => {
  const app = { PATH: '/nowhere', BASH_ENV: '/x', APPFLUX_MARK: 'x', MY_PATH: '/mine' };
  expect(buildEnvironment({ ...layers, app })).toEqual({ CI: 'true', APPFLUX: '1', MY_PATH: '/mine' });
  expect(ignoredVariables(app)).toEqual(['PATH', 'BASH_ENV', 'APPFLUX_MARK']);
});

describe('of two that set a variable', () => {
  test('the app wins over defaults and over CI, the sandbox over the app', () => {
    const environment = buildEnvironment({
      ...layers,
      defaults: { REGISTRY: 'proxy' },
      app: { REGISTRY: 'own', HTTPS_PROXY: 'own', CI: 'false' },
      sandbox: { HTTPS_PROXY: 'sandbox' },
    });
    expect(environment).toEqual({ REGISTRY: 'own', HTTPS_PROXY: 'sandbox', CI: 'false', APPFLUX: '1' });
  });

  test('both are there in a list of options, the sandbox’s last', () => {
    const of = (app: Record<string, string>, sandbox: Record<string, string>) =>
      buildEnvironment({ ...layers, app, sandbox }).GRADLE_OPTS;
    expect(of({ GRADLE_OPTS: '-Xmx4g' }, { GRADLE_OPTS: '-Dhttp.proxyPort=1' })).toBe(
      '-Xmx4g -Dhttp.proxyPort=1',
    );
    expect(of({ GRADLE_OPTS: '-Xmx4g' }, {})).toBe('-Xmx4g');
    expect(of({}, { GRADLE_OPTS: '-Dhttp.proxyPort=1' })).toBe('-Dhttp.proxyPort=1');
  });

  test('an APPFLUX_ variable is never the app’s', () => {
    const app = { APPFLUX_MARK: 'forged', APPFLUX_EGRESS_SOCKET: '/elsewhere', APPFLUX_URL: 'x' };
    expect(buildEnvironment({ ...layers, app })).toEqual({ CI: 'true', APPFLUX: '1' });
  });
});

describe('what no program can be given is refused', () => {
  test.each([
    ['too long', { BIG: 'é'.repeat(65_536) }, /BIG is longer/],
    ['NUL', { ODD: 'a\0b' }, /ODD contains a NUL/],
    [
      'too much together',
      Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`V${i}`, 'x'.repeat(110_000)])),
      /together/,
    ],
  ])('%s', (_, app, message) => {
    expect(() => buildEnvironment({ ...layers, app })).toThrow(message);
  });
});
