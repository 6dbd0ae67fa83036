import { UpdateApp } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app } from '../../testing/fixtures.ts';
import { BuildForm } from './build-form.svelte.ts';
import { frameworkIcon, frameworkName } from './framework-icons.ts';
import { SourceForm } from './source-form.svelte.ts';

describe('the form of an app’s source', () => {
  test('returns what it was filled with', () => {
    const original = app();
    const form = new SourceForm(original);
    expect(form.valid).toBe(true);
    expect(form.toChange()).toEqual({ name: original.name, source: original.source });
    const upload = app({ source: { provider: 'upload', rootDirectory: 'web' } });
    expect(new SourceForm(upload).toChange().source).toEqual(upload.source);
  });

  test('can move an app to another host, and reports invalid fields', () => {
    const form = new SourceForm(app());
    form.url = 'https://git.example.com/x/y.git';
    expect(form.toChange().source).toMatchObject({
      provider: 'git',
      repoUrl: 'https://git.example.com/x/y.git',
    });
    form.url = 'https://user:secret@git.example.com/x.git';
    form.branch = '-x';
    form.rootDirectory = '../up';
    form.name = ' ';
    form.depth.choice = 'custom';
    expect(Object.values(form.problems).every((problem) => typeof problem === 'string')).toBe(true);
  });
});

describe('the form of build settings', () => {
  test('returns what it was filled with, as the protocol accepts it', () => {
    const { build } = app();
    const settings = {
      ...build,
      installCommand: 'npm ci',
      outputs: ['dist', 'public/**'],
      node: '>=22 <25',
      image: 'appflux/web-builder:2',
      labels: ['macos', 'arm64'],
      timeoutSeconds: 90,
    };
    const form = new BuildForm();
    expect(form.blank).toBe(true);
    form.fill('pwa', settings);
    expect({ ...build, ...form.toSettings() }).toEqual(settings);
    expect(form.appType).toBe('pwa');
    expect(UpdateApp.safeParse({ build: { ...build, ...form.toSettings() } }).error).toBe(undefined);
  });

  test('reports an invalid Node version, image, time limit, and labels', () => {
    const form = new BuildForm();
    const problems = () => [form.nodeProblem, form.imageProblem, form.timeProblem, form.labelsProblem];
    for (const good of ['22', 'v24.1.0', '>=22 <25 || ^26', '22.x', 'lts/*', 'lts/jod', 'latest', ' 24 ']) {
      form.node = good;
      expect([good, form.nodeProblem]).toEqual([good, null]);
    }
    Object.assign(form, {
      image: 'ghcr.example:5000/x/y@sha256:0a',
      minutes: '1.5',
      labels: 'macos, arm64 gpu',
    });
    expect(problems()).toEqual([null, null, null, null]);
    expect(form.toSettings()).toMatchObject({ timeoutSeconds: 90, labels: ['macos', 'arm64', 'gpu'] });
    form.node = 'the newest one';
    form.image = 'two words';
    form.labels = 'Mac OS';
    for (const minutes of ['0', '-1', '361', 'long', '1e9']) {
      form.minutes = minutes;
      expect([minutes, form.timeProblem]).toEqual([minutes, expect.stringMatching(/minutes/)]);
    }
    expect(problems().every((problem) => typeof problem === 'string')).toBe(true);
    expect(form.valid).toBe(false);
    form.labels = 'a b c d e f g h i j k';
    expect(form.labelsProblem).toMatch(/at most 10/);
  });

  test('keeps a time limit that is not a whole number of minutes', () => {
    const form = new BuildForm();
    for (const timeoutSeconds of [10, 59, 100, 1234, 21_599, 21_600]) {
      form.fill(null, { ...app().build, timeoutSeconds });
      expect(form.valid).toBe(true);
      expect(form.toSettings().timeoutSeconds).toBe(timeoutSeconds);
    }
  });

  test('rejects outputs outside of the project', () => {
    const form = new BuildForm();
    form.outputs = 'dist\n../../etc';
    expect(form.outputsProblem).toMatch(/must be inside/);
    expect(form.valid).toBe(false);
  });
});

test.each([
  ['vite', 'Vite', true],
  ['react-native', 'React Native', true],
  ['svelte-kit', 'SvelteKit', true],
  ['next', 'Next.js', true],
  ['create-react-app', 'Create React App', true],
  ['constructor', 'Constructor', false],
  ['something-new', 'Something-new', false],
])('the framework %s is displayed as %s', (id, name, hasIcon) => {
  expect(frameworkName(id)).toBe(name);
  expect(frameworkIcon(id) !== null).toBe(hasIcon);
});
