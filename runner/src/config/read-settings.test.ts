import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProgram } from '../commands/program.ts';
import { mergeSettings, readSettings } from './read-settings.ts';
import { defaultName, FLAGS, Settings } from './settings.ts';

describe('flags and settings', () => {
  const program = createProgram();
  const commands = new Map(program.commands.map((command) => [command.name(), command]));

  test('are the same: each setting has a flag on its commands, and each flag is a setting', () => {
    expect(Object.keys(FLAGS).sort()).toEqual(Object.keys(Settings.shape).sort());
    for (const [name, command] of commands) {
      const declared = command.options.map((option) => option.attributeName()).sort();
      const expected = Object.entries(FLAGS)
        .filter(([, flag]) => (flag.commands as readonly string[]).includes(name))
        .map(([setting]) => setting)
        .sort();
      expect(declared, name).toEqual(expected);
    }
    for (const { commands: on } of Object.values(FLAGS)) {
      for (const name of on) expect(commands.has(name)).toBe(true);
    }
  });

  test('have variables of their own, and help', () => {
    const variables = Object.values(FLAGS).map(({ env }) => env);
    expect(new Set(variables).size).toBe(variables.length);
    for (const command of commands.values()) {
      for (const option of command.options) expect(option.description).not.toBe('');
    }
  });
});

describe('settings', () => {
  test('are taken from a flag before the environment, and from the environment before the file', () => {
    const env = { APPFLUX_RUNNER_SLOTS: '2', APPFLUX_RUNNER_LABELS: 'linux, x64' };
    const settings = mergeSettings({ slots: '3' }, env, { slots: 4, labels: ['file'], runtime: 'runsc' });
    expect(settings).toMatchObject({ slots: 3, labels: ['linux', 'x64'], runtime: 'runsc' });
  });

  test('are read from the forms in which people write them', () => {
    const settings = mergeSettings(
      { maxMemory: '1.5g' },
      { APPFLUX_ALLOW_PRIVATE_SOURCES: '1', APPFLUX_RUNNER_MAX_CPUS: '0.5', APPFLUX_RUNNER_URL: '' },
      { allowPrivateSources: false, maxDisk: 1000 },
    );
    expect(settings).toMatchObject({
      maxMemory: 1.5 * 1024 ** 3,
      allowPrivateSources: true,
      maxCpus: 0.5,
      maxDisk: 1000,
    });
    expect(settings.url).toBeUndefined();
  });

  test('say how strictly and with what is scanned for malware', () => {
    expect(mergeSettings({}, {}, {})).toMatchObject({ scan: 'optional' });
    expect(mergeSettings({ scan: 'required', clamd: '/run/clamd.sock' }, {}, {})).toMatchObject({
      scan: 'required',
      clamd: { kind: 'unix', path: '/run/clamd.sock' },
    });
    const env = { APPFLUX_RUNNER_SCAN: 'off', APPFLUX_RUNNER_CLAMD: 'tcp://127.0.0.1:3310' };
    expect(mergeSettings({}, env, { scan: 'required', clamd: 'managed' })).toMatchObject({
      scan: 'off',
      clamd: { kind: 'tcp', host: '127.0.0.1', port: 3310 },
    });
    expect(() => mergeSettings({ clamd: 'ftp://x' }, {}, {})).toThrow(/--clamd: .*managed/);
  });

  test('that are wrong are named as they were given, all of them', () => {
    const merge = () =>
      mergeSettings({ slots: 'many' }, { APPFLUX_RUNNER_MAX_MEMORY: 'lots' }, { colour: 'red' });
    expect(merge).toThrow(/--slots: .*APPFLUX_RUNNER_MAX_MEMORY: .*config\.json: unknown setting colour/);
  });

  test('that belong to one call are refused in the file', () => {
    expect(() => mergeSettings({}, {}, { token: 'x' })).toThrow('cannot set token');
  });
});

describe('the file', () => {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'settings-'));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  test('is read from the state folder, and need not be there', async () => {
    expect((await readSettings({ state }, {})).runtime).toBeUndefined();
    writeFileSync(join(state, 'config.json'), '{"runtime":"runsc"}');
    expect((await readSettings({}, { APPFLUX_RUNNER_STATE: state })).runtime).toBe('runsc');
  });

  test('that is no JSON object is a problem with advice', async () => {
    writeFileSync(join(state, 'config.json'), '[]');
    await expect(readSettings({ state }, {})).rejects.toThrow('config.json is not a JSON object');
  });
});

test('a host name becomes a runner name', () => {
  expect(defaultName('build_01.example.com')).toBe('build_01.example.com');
  expect(defaultName('--Büro Mac')).toBe('B-ro-Mac');
  expect(defaultName('')).toBe('runner');
});
