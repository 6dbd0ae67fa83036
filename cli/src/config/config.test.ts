import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { chooseInstance } from './choose-instance.ts';
import { Config, configPath, readConfig, withInstance, withoutInstance, writeConfig } from './config.ts';
import { instanceUrl, isReadable } from './instance-url.ts';
import { findProject, writeProject } from './project.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const exitOf = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error instanceof CliProblem ? error.exit : error;
  }
};

describe('the URL of an instance', () => {
  test.each([
    ['https://a.example', 'https://a.example'],
    ['https://a.example/', 'https://a.example'],
    ['https://a.example/apps/x?y', 'https://a.example'],
    [' a.example ', 'https://a.example'],
    ['a.example:8443', 'https://a.example:8443'],
    ['http://localhost:8787', 'http://localhost:8787'],
    ['HTTPS://A.Example', 'https://a.example'],
  ])('%s is %s', (text, expected) => expect(instanceUrl(text)).toBe(expected));

  test.each(['', ' ', 'ftp://a.example', 'file:///etc/passwd', 'https://', 'https://u:p@a.example', 'a b'])(
    '"%s" is refused',
    (text) => expect(exitOf(() => instanceUrl(text))).toBe(EXIT.usage),
  );

  test.each([
    ['http://a.example', true],
    ['https://a.example', false],
    ['http://localhost:1', false],
    ['http://127.0.0.1', false],
    ['http://127.0.0.1.example', true],
    ['http://app.localhost', false],
  ])('whether what is sent to %s can be read on the way: %s', (url, expected) =>
    expect(isReadable(url)).toBe(expected),
  );
});

describe('the configuration', () => {
  test('is where the system keeps such files', () => {
    expect(configPath({ XDG_CONFIG_HOME: '/x' }, 'linux')).toBe('/x/appflux/config.json');
    expect(configPath({ XDG_CONFIG_HOME: '', HOME: '/h' }, 'darwin')).toBe('/h/.config/appflux/config.json');
    expect(configPath({ APPDATA: 'C:/AppData', HOME: '/h' }, 'win32')).toBe('C:/AppData/appflux/config.json');
    expect(configPath({ APPDATA: 'C:/AppData', HOME: '/h' }, 'linux')).toBe('/h/.config/appflux/config.json');
  });

  test('is for its owner only, also when it replaces a readable one', async () => {
    const path = join(folder, 'appflux', 'config.json');
    expect(await readConfig(path)).toEqual({ current: null, instances: {} });
    const config = withInstance(Config.parse({}), 'https://a.example', { token: 'one' });
    await writeConfig(path, config);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'appflux'))).mode & 0o777).toBe(0o700);
    await writeFile(path, '{}', { mode: 0o644 });
    await writeConfig(path, config);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readConfig(path)).toEqual(config);
  });

  test('goes to another instance when the current one is signed out of', () => {
    const one = withInstance(Config.parse({}), 'https://a.example', { token: 'a' });
    const two = withInstance(one, 'https://b.example', { token: 'b' });
    expect(two.current).toBe('https://b.example');
    expect(withoutInstance(two, 'https://b.example')).toEqual(one);
    expect(withoutInstance(two, 'https://a.example').current).toBe('https://b.example');
    expect(withoutInstance(one, 'https://a.example')).toEqual({ current: null, instances: {} });
  });

  test('that is damaged is reported with its path', async () => {
    const path = join(folder, 'config.json');
    await writeFile(path, '{"instances":');
    await expect(readConfig(path)).rejects.toMatchObject({
      exit: EXIT.usage,
      message: `${path} is damaged.`,
    });
  });
});

describe('the link of a folder', () => {
  const project = { url: 'https://a.example', app: 'docs' };

  test('holds for the folders in it, up to the top of the Git repository', async () => {
    await writeProject(folder, project);
    const inner = join(folder, 'packages', 'web');
    await mkdir(inner, { recursive: true });
    expect(await findProject(inner)).toEqual({ ...project, folder });
    await mkdir(join(folder, 'packages', '.git'));
    expect(await findProject(inner)).toBe(null);
    expect(await findProject(folder)).toEqual({ ...project, folder });
  });

  test('that is damaged is reported', async () => {
    await writeProject(folder, { url: 'https://a.example', app: '../x' });
    await expect(findProject(folder)).rejects.toMatchObject({ exit: EXIT.usage });
  });
});

describe('which instance is called', () => {
  const config = Config.parse({
    current: 'https://a.example',
    instances: { 'https://a.example': { token: 'a', tokenId: '1' }, 'https://b.example': { token: 'b' } },
  });
  const choose = (env: Record<string, string>, linked: string | null = null, of = config) =>
    exitOf(() => chooseInstance({ env, config: of, linked }));
  const none = Config.parse({});

  test.each([
    ['the one signed in to last', {}, null, { url: 'https://a.example', token: 'a', from: 'login' }],
    ['that of the folder', {}, 'https://b.example', { url: 'https://b.example', token: 'b', from: 'login' }],
    ['that of APPFLUX_URL', { APPFLUX_URL: 'b.example/' }, 'https://a.example', { url: 'https://b.example' }],
    ['both variables', { APPFLUX_URL: 'https://c.example', APPFLUX_TOKEN: 'c' }, null, { token: 'c' }],
    ['a token for the current one', { APPFLUX_TOKEN: 'c' }, null, { url: 'https://a.example', token: 'c' }],
  ])('%s', (_title, env, linked, expected) => expect(choose(env as never, linked)).toMatchObject(expected));

  test('a folder never decides where APPFLUX_TOKEN is sent', () => {
    expect(choose({ APPFLUX_TOKEN: 'c' }, 'https://evil.example')).toMatchObject({
      url: 'https://a.example',
    });
    expect(choose({ APPFLUX_TOKEN: 'c' }, 'https://evil.example', none)).toBe(EXIT.usage);
  });

  test('a stored token is sent to its own instance only', () => {
    expect(choose({}, 'https://evil.example')).toBe(EXIT.denied);
    expect(choose({ APPFLUX_URL: 'https://evil.example' })).toBe(EXIT.denied);
    expect(choose({ APPFLUX_URL: 'http://a.example' })).toBe(EXIT.denied);
  });

  test('without a sign-in, none', () => {
    expect(choose({}, null, none)).toBe(EXIT.denied);
    expect(choose({ APPFLUX_URL: 'https://a.example', APPFLUX_TOKEN: 'a\r\nX: y' }, null, none)).toBe(
      EXIT.denied,
    );
  });
});
