/** An app's files through the real pipeline: the command line, a fake edge, real containers. */
import { access, readdir } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { connectEngine } from '../../sandbox/engine.ts';
import { CliBench } from '../../testing/cli.ts';
import { ensureWebImage } from '../../testing/docker.ts';

vi.setConfig({ testTimeout: 120_000 });

const TEXT = '{"private_key":"-----BEGIN PRIVATE KEY-----abcdefghijklmnopqrstuvwxyz0123456789"}\n';
const KEYSTORE = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7) % 256)).toString('base64');
const FILES = { KEYSTORE, SERVICE_ACCOUNT: Buffer.from(TEXT).toString('base64') };

let bench: CliBench;

beforeAll(() => ensureWebImage(connectEngine()), 600_000);
beforeEach(async () => {
  bench = await CliBench.open();
});
afterEach(() => bench.close());

const inMemory = () => `/dev/shm/appflux-${bench.edge.runnerId}`;

const project = (command: string) => ({
  'appflux.json': JSON.stringify({
    buildCommand: `(${command}) && mkdir -p dist && echo hello > dist/index.html`,
    outputs: ['dist'],
  }),
});

async function deploy(command: string) {
  const attempt = await bench.grantFor(project(command), {}, { files: FILES });
  await bench.until(
    () => bench.edge.poolFrames.some(({ type }) => type === 'freed'),
    () => attempt.log,
  );
  return { result: attempt.result, log: attempt.log };
}

test('a build finds each file by the variable of its name, in memory and read-only; none shows in the log', async () => {
  const runner = await bench.start();
  const { result, log } = await deploy(
    [
      'echo "paths $KEYSTORE $SERVICE_ACCOUNT in $APPFLUX_FILES"',
      'sha256sum < "$KEYSTORE"; stat -c "mode %a %s" "$KEYSTORE"; stat -f -c "on %T" "$APPFLUX_FILES"',
      'echo no > "$KEYSTORE"; touch "$APPFLUX_FILES/new"',
      'base64 "$KEYSTORE"; base64 -w0 "$KEYSTORE"; echo; base64 -w64 "$KEYSTORE"; cat "$SERVICE_ACCOUNT"; base64 "$SERVICE_ACCOUNT"',
    ].join('; '),
  );
  expect(result, log).toMatchObject({ status: 'success' });
  expect(log).toContain(
    'paths /run/appflux-files/KEYSTORE /run/appflux-files/SERVICE_ACCOUNT in /run/appflux-files',
  );
  expect(log).toContain('mode 444 3000');
  expect(log).toMatch(/^on tmpfs$/m);
  expect(log).toMatch(/KEYSTORE: Read-only file system|cannot create .*KEYSTORE/);
  expect(log).toMatch(/'\/run\/appflux-files\/new': Read-only file system/);
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(KEYSTORE, 'base64'));
  expect(log).toContain(Buffer.from(digest).toString('hex'));
  const printed = log.replaceAll(/\s/g, '');
  for (let at = 0; at + 40 < KEYSTORE.length; at += 20)
    expect(printed).not.toContain(KEYSTORE.slice(at, at + 40));
  expect(log).not.toContain('abcdefghijklmnop');
  expect(log).not.toContain(FILES.SERVICE_ACCOUNT.slice(0, 40));
  expect(runner.output).not.toContain(KEYSTORE.slice(0, 40));
  expect(await readdir(inMemory())).toEqual([]);
});

test('what a killed runner left in memory is removed at the next start', async () => {
  const runner = await bench.start();
  const attempt = await bench.grantFor(project('echo started; sleep 600'), {}, { files: FILES });
  await bench.until(
    () => attempt.lines.some(({ text }) => text === 'started'),
    () => attempt.log,
  );
  expect(await readdir(inMemory())).toHaveLength(1);
  runner.child.kill('SIGKILL');
  await runner.exit;
  await bench.start();
  await expect(access(inMemory())).rejects.toThrow('ENOENT');
});
