/** What the packager gives the build command, without the image. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** The variables of a build command after `pack.mjs prepare`, and what standard error said. */
async function prepared(kind: string, manifest: object): Promise<{ env: string; stderr: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-prepare-'));
  folders.push(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const { stderr } = await execa(
    process.execPath,
    [join(import.meta.dirname, 'server', 'pack.mjs'), 'prepare'],
    {
      cwd: folder,
      reject: false,
      env: { APPFLUX_SERVER: JSON.stringify({ kind, entry: null }), APPFLUX_SERVER_WORK: folder },
    },
  );
  const { stdout } = await execa('bash', ['-c', '. ./environment.sh && env'], { cwd: folder, reject: false });
  return { env: stdout, stderr };
}

/** By default, Turborepo hides variables from tasks that turbo.json doesn't name. */
test('the variables of a framework reach the tasks of Turborepo', async () => {
  const { env, stderr } = await prepared('nitro', {});
  expect(stderr).toBe('');
  expect(env).toMatch(/^NITRO_PRESET=.*\/nitro\/preset$/m);
  expect(env).toMatch(/^TURBO_ENV_MODE=loose$/m);
});
