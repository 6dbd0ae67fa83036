/**
 * Tools as they are installed on this machine, with the variables of a build: each asks the proxy for its host, and what
 * it prints of the refusal is explained. Package managers of a builder image are tried in egress.docker.test.ts and
 * situations.docker.test.ts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explain } from '../../explain/index.ts';
import { findProgram } from '../../find-program.ts';
import { proxyEnvironment } from './environment.ts';
import { listen, startHarness } from './testing/harness.ts';

const HOST = 'https://packages.test';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-tools-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FETCH_JAVA = `
public class Fetch {
  public static void main(String[] a) throws Exception {
    new java.net.URL("${HOST}/").openConnection().getInputStream();
  }
}`;
const MAVEN_SETTINGS = `<settings><mirrors><mirror><id>m</id><mirrorOf>*</mirrorOf><url>${HOST}/maven</url></mirror></mirrors></settings>`;
const GRADLE_BUILD = `
repositories { maven { url '${HOST}/maven' } }
configurations { x }
dependencies { x 'test:x:1' }
task fetch { doLast { configurations.x.files } }`;

interface Tool {
  readonly program: string;
  readonly args: readonly string[];
  /** Further programs that have to be there. */
  readonly needs?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  curl: { program: 'curl', args: ['--silent', '--show-error', HOST] },
  git: { program: 'git', args: ['ls-remote', `${HOST}/x.git`] },
  'Node’s fetch': { program: process.execPath, args: ['-e', `fetch('${HOST}')`] },
  npm: { program: 'npm', args: ['view', 'x', '--registry', HOST, '--fetch-retries', '0'] },
  pip: {
    program: 'pip',
    args: ['download', '--no-deps', '--retries', '1', '--no-cache-dir', '--index-url', `${HOST}/simple`, 'x'],
  },
  Cargo: {
    program: 'cargo',
    args: ['search', '--registry', 'test', 'x'],
    files: { 'config.toml': `[registries.test]\nindex = "sparse+${HOST}/index/"\n` },
    env: (home) => ({ CARGO_HOME: home, CARGO_NET_RETRY: '0' }),
  },
  Go: {
    program: 'go',
    args: ['mod', 'download', 'example.test/x@v1.0.0'],
    files: { 'go.mod': 'module test\n' },
    env: (home) => ({
      GOPROXY: HOST,
      GONOSUMDB: '*',
      GOMODCACHE: join(home, 'mod'),
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: 'local',
    }),
  },
  Maven: {
    program: 'mvn',
    args: [
      '--batch-mode',
      '--settings',
      'settings.xml',
      '-Dmaven.repo.local=repository',
      'dependency:get',
      '-Dartifact=test:x:1',
    ],
    files: { 'settings.xml': MAVEN_SETTINGS },
  },
  Gradle: {
    program: 'gradle',
    args: ['--no-daemon', 'fetch'],
    files: { 'build.gradle': GRADLE_BUILD, 'settings.gradle': '' },
    env: (home) => ({ GRADLE_USER_HOME: join(home, 'gradle') }),
  },
  'Java, configured as for Gradle': {
    program: 'sh',
    args: ['-c', 'exec java $GRADLE_OPTS Fetch.java'],
    needs: ['java'],
    files: { 'Fetch.java': FETCH_JAVA },
  },
  'Java, as the scripts of old Gradles tell it': {
    program: 'sh',
    args: ['-c', 'eval set -- $GRADLE_OPTS Fetch.java; exec java "$@"'],
    needs: ['java'],
    files: { 'Fetch.java': FETCH_JAVA },
  },
  'Dart’s pub': {
    program: 'dart',
    args: ['pub', 'get'],
    files: { 'pubspec.yaml': 'name: test\nenvironment:\n  sdk: ">=2.0.0 <4.0.0"\ndependencies:\n  x: any\n' },
    env: (home) => ({ PUB_HOSTED_URL: HOST, PUB_CACHE: join(home, 'pub') }),
  },
};

describe('with the variables of a build, the proxy is asked by', () => {
  for (const [name, tool] of Object.entries(TOOLS)) {
    test(name, { timeout: 120_000 }, async ({ skip }) => {
      for (const program of [tool.program, ...(tool.needs ?? [])]) {
        if (!program.startsWith('/') && (await findProgram(program)) === null)
          skip(`${program} is not installed on this machine`);
      }
      const harness = await startHarness({ allow: [] });
      const port = await listen(
        createServer((client) => {
          const proxy = connect(harness.socketPath);
          // Either side may leave first, as tools do that are refused.
          client.on('error', () => proxy.destroy()).pipe(proxy);
          proxy.on('error', () => client.destroy()).pipe(client);
        }),
      );
      for (const [file, text] of Object.entries(tool.files ?? {})) await writeFile(join(folder, file), text);
      const { all } = await execa(tool.program, tool.args, {
        cwd: folder,
        // The tools of a machine with a proxy of its own must not fall back on that.
        env: { ...withoutProxy(), ...proxyEnvironment(`http://127.0.0.1:${port}`), ...tool.env?.(folder) },
        extendEnv: false,
        stdin: 'ignore',
        all: true,
        reject: false,
        timeout: 100_000,
      });
      expect(harness.egress.report().refused).toContainEqual(
        expect.objectContaining({ host: 'packages.test:443', reason: 'host_not_allowed' }),
      );
      expect(harness.dialed).toEqual([]);
      const { explanation } = explain(all.split('\n'));
      expect(explanation?.hint, all).toMatch(/can only reach the allowed hosts/);
      expect(explanation?.line).not.toMatch(/:$/);
    });
  }
});

const withoutProxy = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/proxy|^(GRADLE|MAVEN|JAVA_TOOL)_OPT/i.test(name)),
  );
