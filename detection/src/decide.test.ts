import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BuildSettings, Plan } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { treeFromTexts } from './tree.ts';

const settings = { type: null, build: BuildSettings.parse({}) };

describe('a decision', () => {
  it('gives the version and the ignore command', async () => {
    const tree = treeFromTexts({
      'package.json': '{"version":"2.0.1-beta.3","scripts":{"build":"x"}}',
      'appflux.json': '{"ignoreCommand":"git diff --quiet HEAD^ HEAD ."}',
    });
    expect(await decide(tree, settings)).toMatchObject({
      version: '2.0.1-beta.3',
      ignoreCommand: 'git diff --quiet HEAD^ HEAD .',
    });
  });

  it('gives what a server of the site is given', async () => {
    const files = { 'package.json': '{"scripts":{"build":"x"}}' };
    expect((await decide(treeFromTexts(files), settings)).server).toEqual({});
    const manifest = '{"bindings":{"DB":"sqlite"},"crons":["0 3 * * *"],"server":false}';
    expect((await decide(treeFromTexts({ ...files, 'appflux.json': manifest }), settings)).server).toEqual({
      bindings: { DB: 'sqlite' },
      crons: ['0 3 * * *'],
    });
  });

  it.each([
    ['whose router listens', { express: '5.0.0' }, { 'src/main.js': 'history.listen(() => render())' }],
    [
      'with an API of functions',
      { express: '5.0.0' },
      { 'api/index.js': 'export default (q, r) => r.end()' },
    ],
    ['with a server for development', {}, { 'server/index.js': 'express().listen(3000)' }],
  ])('does not speak of a server beside a site %s', async (_, dependencies, files) => {
    const manifest = {
      scripts: { build: 'vite build' },
      dependencies,
      devDependencies: { vite: '7.0.0', express: '5.0.0' },
    };
    const tree = treeFromTexts({ 'package.json': JSON.stringify(manifest), ...files });
    const { plan } = await decide(tree, { ...settings, servers: true });
    expect(plan).toMatchObject({ framework: 'vite', outputs: ['dist'] });
    expect(plan.reasons.join('\n')).not.toContain('server');
  });

  it.each(['../../etc/passwd', '1.0/..', '', ' ', 'v'.repeat(101), 5])(
    'takes no version that is unfit for a file name: %j',
    async (version) => {
      const tree = treeFromTexts({ 'package.json': JSON.stringify({ version, scripts: { build: 'x' } }) });
      expect((await decide(tree, settings)).version).toBeNull();
    },
  );

  it('takes appflux.json of the root directory before that of the top', async () => {
    const files = { 'web/index.html': '', 'appflux.json': '{"outputs":["top"]}' };
    expect((await decide(treeFromTexts(files, 'web'), settings)).plan.outputs).toEqual(['top']);
    const both = { ...files, 'web/appflux.json': '{"outputs":["inner"]}' };
    expect((await decide(treeFromTexts(both, 'web'), settings)).plan.outputs).toEqual(['inner']);
  });

  it('says where package.json is broken', async () => {
    const tree = treeFromTexts({ 'package.json': '{\n  "name": "x"\n  "version": 1\n}' });
    await expect(decide(tree, settings)).rejects.toMatchObject({
      code: 'source_invalid',
      message: '"package.json" is not valid JSON: line 3, column 3: expected a comma.',
    });
  });

  it('whatever package.json holds, is a plan that the protocol takes, or a failure with a reason', async () => {
    const name = fc.oneof(
      fc.constantFrom(
        'vite',
        'next',
        'astro',
        '@sveltejs/kit',
        'react-router',
        '__proto__',
        'constructor',
        'build',
        'docs:build',
      ),
      fc.string(),
    );
    const value = fc.oneof(
      fc.constantFrom('vite build', '^8.0.0', 'npm@', 'yarn@4.0.0', '*', 'workspace:*', 'x'.repeat(3000)),
      fc.string({ unit: 'binary' }),
      fc.anything(),
    );
    const texts = fc.dictionary(name, value);
    const packageJson = fc.record(
      {
        name: value,
        version: value,
        packageManager: value,
        scripts: fc.oneof(texts, value),
        dependencies: fc.oneof(texts, value),
        devDependencies: fc.oneof(texts, value),
        engines: fc.oneof(fc.record({ node: value }), value),
        workspaces: value,
      },
      { requiredKeys: [] },
    );
    const config = fc.oneof(
      fc.string(),
      fc.constantFrom("outDir: '../../x'", "output: 'export'", "root: '/etc'", 'ssr: false'),
    );
    await fc.assert(
      fc.asyncProperty(packageJson, config, fc.string(), async (pkg, text, nvmrc) => {
        // Values that JSON cannot hold are left away by it; a bigint makes it throw.
        const json = JSON.stringify(pkg, (_key, entry) =>
          typeof entry === 'bigint' ? String(entry) : entry,
        );
        const tree = treeFromTexts({
          'package.json': json,
          'vite.config.ts': text,
          'next.config.js': text,
          'angular.json': text,
          '.nvmrc': nvmrc,
          'apps/a/package.json': json,
        });
        const servers = nvmrc.length % 2 === 0;
        const outcome = await decide(tree, { ...settings, servers }).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ name: 'DetectionFailure' });
          expect(outcome.message).not.toMatch(/\p{Cc}/u);
          return;
        }
        const { plan } = outcome as { plan: Plan };
        expect(Plan.safeParse(plan).error).toBeUndefined();
        for (const output of plan.outputs) {
          expect(output.startsWith('/')).toBe(false);
          expect(output.split('/')).not.toContain('..');
        }
      }),
      { numRuns: 200 },
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads a configuration of any size and shape in time', async () => {
    for (const text of [
      '"'.repeat(300_000),
      "'\\".repeat(150_000),
      '/*a'.repeat(150_000),
      'output:'.repeat(150_000),
      'a: `'.repeat(150_000),
    ]) {
      const tree = treeFromTexts({
        'package.json': '{"dependencies":{"next":"16.0.0","vite":"8.0.0"}}',
        'next.config.js': text,
      });
      const started = performance.now();
      await decide(tree, settings).catch(() => undefined);
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });

  it.each([
    ['app/build.gradle', 1024 * 1024],
    ['settings.gradle', 1024 * 1024],
    ['gradle/libs.versions.toml', 64 * 1024],
    ['pubspec.yaml', 64 * 1024],
    ['src-tauri/tauri.conf.json', 64 * 1024],
    ['src-tauri/Cargo.toml', 64 * 1024],
    ['electron-builder.yml', 64 * 1024],
    ['pnpm-workspace.yaml', 64 * 1024],
    ['config.xml', 64 * 1024],
    ['turbo.json', 64 * 1024],
  ])(
    'reads a %s of any shape in time',
    async (name, size) => {
      const shapes = [
        '"',
        "'\\",
        '{',
        '[',
        'a{',
        "include ':a',\n",
        "project(':a').projectDir = file(",
        'versionName ',
        ' ',
        '\n ',
        'productFlavors { ',
        'id "',
        'alias(libs.plugins.',
        '? ',
        '- ',
        '!a ',
        '&a *a ',
        'a: ',
        '[a]\n',
        'a.',
        "'''",
        '"a"="a",',
        '<widget ',
        '<engine name=',
        '/*',
        '${',
      ];
      for (const shape of shapes) {
        const tree = treeFromTexts({
          'package.json':
            '{"workspaces":["a"],"devDependencies":{"electron":"1.0.0","electron-builder":"1.0.0","turbo":"2.0.0"}}',
          'settings.gradle': "include ':app'",
          'app/build.gradle': "apply plugin: 'com.android.application'",
          'src-tauri/tauri.conf.json': '{}',
          [name]: shape.repeat(size / shape.length),
        });
        for (const type of ['android', 'desktop', 'web'] as const) {
          const started = performance.now();
          await decide(tree, { ...settings, type }).catch((error: unknown) => {
            expect(error).toMatchObject({ name: 'DetectionFailure' });
          });
          expect(performance.now() - started, `${shape} ${type}`).toBeLessThan(8_000);
        }
      }
    },
    60_000,
  );

  it.each(['Gemfile', '_config.yml', 'mkdocs.yml', 'hugo.yaml', 'config.toml'])(
    'reads a generator’s %s of any shape in time',
    async (name) => {
      const shapes = ['"', '[', '- ', ' ', '#', ' #', 'do ', 'end\n', 'gem "a"\n', "gem 'a', group: [", '\n'];
      const nested = `${`${'x'.repeat(900)} do\n`.repeat(20)}${'gem "a"\n'.repeat(5_000)}`;
      const texts = shapes.map((shape) => shape.repeat((64 * 1024) / shape.length));
      for (const text of [...texts, nested]) {
        const tree = treeFromTexts({ '_config.yml': '', 'index.md': '', 'content/a.md': '', [name]: text });
        const started = performance.now();
        await decide(tree, settings).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'DetectionFailure' });
        });
        expect(performance.now() - started, text.slice(0, 20)).toBeLessThan(4_000);
      }
    },
    60_000,
  );

  it('reads names and texts of scripts of any length in time', async () => {
    const scripts = {
      build: 'vite build',
      ['storybook'.repeat(50_000)]: `storybook build${' '.repeat(200_000)};`,
      [`${'storybook'.repeat(20_000)}!`]: 'storybook build',
    };
    const text = JSON.stringify({ scripts, devDependencies: { vite: '8.0.0' } });
    const started = performance.now();
    await decide(treeFromTexts({ 'package.json': text }), settings);
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it.each(['wrangler.toml', 'wrangler.jsonc', 'src/index.ts', 'Procfile'])(
    'reads a server’s %s of any shape in time',
    async (name) => {
      const shapes = [
        ...[
          '"',
          '{',
          '[',
          '[[a]]\n',
          ' ',
          '\n',
          '\n ',
          'export ',
          'export {',
          'from ',
          "from '",
          'export default ',
        ],
        ...[
          '.get(',
          '.use("/',
          'app.static(',
          'serveStatic ',
          'web: ',
          'web: node -r ',
          '-',
          'WebSocketServer',
        ],
      ];
      for (const shape of shapes) {
        const tree = treeFromTexts({
          'package.json': JSON.stringify({
            scripts: { start: `node ${'-r '.repeat(600)}` },
            dependencies: { hono: '4.0.0', express: '5.0.0' },
          }),
          [name]: shape.repeat(65_536 / shape.length),
        });
        const started = performance.now();
        await decide(tree, { ...settings, servers: true }).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'DetectionFailure' });
        });
        expect(performance.now() - started, shape).toBeLessThan(8_000);
      }
    },
    60_000,
  );

  it('needs nothing of Node, so that a browser can make it, too', () => {
    const seen = new Set<string>();
    const visit = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export) (?!type )[^;]*? from '([^']+)'/gms,
      )) {
        expect(specifier, file).not.toMatch(/^node:/);
        if (specifier.startsWith('.')) visit(join(dirname(file), specifier));
      }
    };
    visit(join(import.meta.dirname, 'index.ts'));
    expect(seen.size).toBeGreaterThan(20);
  });
});
