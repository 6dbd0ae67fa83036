/**
 * The `gradle` of the official Android image, which downloads the version that a project's properties name, here from
 * a local server.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ZipFile } from 'yazl';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'official/gradle');

let folder: string;
let server: Server;
let asked: string[];
let address: string;
let distribution: Buffer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-gradle-'));
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('#!/bin/sh\necho "Gradle 8.14 runs $*"\n'), 'gradle-8.14/bin/gradle', {
    mode: 0o755,
  });
  zip.end();
  distribution = await buffer(zip.outputStream);
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.url?.endsWith('gradle-8.14-bin.zip') === true ? 200 : 404).end(distribution);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** Runs it in a project with these properties. */
async function gradle(properties: string | null, ...args: string[]) {
  const project = join(folder, 'project');
  await mkdir(join(project, 'gradle/wrapper'), { recursive: true });
  if (properties !== null)
    await writeFile(join(project, 'gradle/wrapper/gradle-wrapper.properties'), properties);
  return run(SCRIPT, args, {
    cwd: project,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      GRADLE_DISTRIBUTIONS_FILE: join(folder, 'distributions'),
    },
  });
}

const named = (more = '') =>
  `distributionBase=GRADLE_USER_HOME\r\ndistributionUrl=${address.replaceAll(':', '\\:')}/gradle-8.14-bin.zip\r\n${more}`;

test('the Gradle that the project names is downloaded once, and run', async () => {
  const { stdout } = await gradle(named(), ':app:assembleRelease', '--info');
  expect(stdout).toBe(
    `Downloading ${address}/gradle-8.14-bin.zip\nGradle 8.14 runs :app:assembleRelease --info\n`,
  );
  expect((await gradle(named(), 'tasks')).stdout).toBe('Gradle 8.14 runs tasks\n');
  expect(asked).toEqual(['/gradle-8.14-bin.zip']);
});

test('the project’s hash is checked, and a download with another one is discarded', async () => {
  const hash = createHash('sha256').update(distribution).digest('hex');
  await expect(gradle(named(`distributionSha256Sum=${'0'.repeat(64)}\n`))).rejects.toMatchObject({
    stderr: `gradle: ${address}/gradle-8.14-bin.zip does not match distributionSha256Sum\n`,
  });
  expect(await readdir(join(folder, '.gradle/wrapper/appflux'))).toEqual([]);
  expect((await gradle(named(`distributionSha256Sum=${hash}\n`), 'help')).stdout).toContain(
    'Gradle 8.14 runs help',
  );
});

test('when a tool generates a wrapper, the wrapper’s version is downloaded and generates it', async () => {
  await writeFile(join(folder, 'distributions'), `${address}\n`);
  const args = ['-p', join(folder, 'platforms/android/tools'), 'wrapper', '--gradle-version', '8.14'];
  expect((await gradle(null, ...args)).stdout).toBe(
    `Downloading ${address}/gradle-8.14-bin.zip\nGradle 8.14 runs ${args.join(' ')}\n`,
  );
  const url = ['wrapper', '--gradle-distribution-url', `${address}/other/gradle-8.14-bin.zip`];
  expect((await gradle(null, ...url)).stdout).toContain(`Gradle 8.14 runs ${url.join(' ')}\n`);
  expect(asked).toEqual(['/gradle-8.14-bin.zip', '/other/gradle-8.14-bin.zip']);
});

test('the properties are those of the project given with -p', async () => {
  await mkdir(join(folder, 'else/gradle/wrapper'), { recursive: true });
  await writeFile(join(folder, 'else/gradle/wrapper/gradle-wrapper.properties'), named());
  expect((await gradle(null, '-p', join(folder, 'else'), 'tasks')).stdout).toContain('Gradle 8.14 runs -p');
});

test.each([
  ['no properties', () => null, 'run `gradle wrapper` in the project'],
  ['properties without a URL', () => 'zipStoreBase=GRADLE_USER_HOME\n', 'has no distributionUrl'],
  ['a URL that is 404', () => `distributionUrl=${address}/gradle-9.zip\n`, 'cannot be fetched'],
])('with %s it reports what is missing', async (_what, properties, message) => {
  await expect(gradle(properties())).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(message),
  });
});

test('a ZIP without Gradle is reported as such', async () => {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('hello'), 'gradle-8.14/README');
  zip.end();
  distribution = await buffer(zip.outputStream);
  await expect(gradle(named())).rejects.toMatchObject({
    stderr: expect.stringContaining('contains no Gradle'),
  });
});
