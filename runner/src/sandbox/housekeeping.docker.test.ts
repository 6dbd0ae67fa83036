import { chown, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { containersOf, ensureWebImage, keptJournal, WEB_IMAGE } from '../testing/docker.ts';
import { makersOf, readyNamespaces, whyNoNamespaces } from '../testing/namespaces.ts';
import { newRunnerId } from '../testing/sample-job.ts';
import { attemptFolder, makeAttemptFolder } from './attempt-folder.ts';
import { BUILDER_UID, DEPLOYMENT_LABEL, RUNNER_LABEL } from './container-spec.ts';
import { connectEngine } from './engine.ts';
import { NPM_REGISTRY_FILE, readImageFile, VERSIONS_FILE } from './image-file.ts';
import { Images } from './images.ts';
import { importEmptyImage } from './namespaces/empty-image.ts';
import { MAKER_LABEL } from './namespaces/maker-spec.ts';
import { emptyAsBuilder, removeTree } from './remove-tree.ts';
import { sweep } from './sweep.ts';

vi.setConfig({ testTimeout: 60_000 });

const engine = connectEngine();
const runnerId = newRunnerId();
let folder: string;

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-house-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  expect(await containersOf(engine, runnerId)).toEqual([]);
});

describe('the sweep', () => {
  test('takes away containers and folders of this runner, and of no other', async () => {
    const other = newRunnerId();
    const create = (owner: string) =>
      engine.createContainer({
        Image: WEB_IMAGE,
        Cmd: ['sleep', '600'],
        Labels: { [RUNNER_LABEL]: owner, [DEPLOYMENT_LABEL]: 'd' },
        HostConfig: { NetworkMode: 'none' },
      });
    const [running, , foreign] = [await create(runnerId), await create(runnerId), await create(other)];
    try {
      await running.start();
      await makeAttemptFolder(attemptFolder(folder, 'a'.repeat(24), 1));
      const swept = await sweep(engine, runnerId, folder);
      expect(swept).toEqual({ containers: ['d', 'd'], folders: [`${'a'.repeat(24)}-1`] });
      expect(await readdir(join(folder, 'work'))).toEqual([]);
      expect(await containersOf(engine, other)).toEqual([foreign.id]);
    } finally {
      await foreign.remove({ force: true });
    }
  });

  test('takes away what makes network namespaces, of this runner only', async ({ skip }) => {
    const why = await whyNoNamespaces();
    if (why !== null) return skip(why);
    const other = newRunnerId();
    const foreign = await readyNamespaces(engine, other);
    await readyNamespaces(engine, runnerId);
    const theirs = await makersOf(engine, other);
    try {
      expect(await makersOf(engine, runnerId)).toHaveLength(2);
      expect((await sweep(engine, runnerId, folder)).containers).toEqual([]);
      expect(await makersOf(engine, runnerId)).toEqual([]);
      expect(await makersOf(engine, other)).toEqual(theirs);
    } finally {
      await foreign.close();
    }
  });

  test('leaves an image that the engine still needs for a container to the next start', async () => {
    const imageId = await importEmptyImage(engine, runnerId);
    const Labels = { [MAKER_LABEL]: 'in place of the image’s' };
    const container = await engine.createContainer({ Image: imageId, Cmd: ['none'], Labels });
    try {
      await sweep(engine, runnerId, folder);
      expect(await makersOf(engine, runnerId)).toEqual([imageId]);
    } finally {
      await container.remove();
    }
    await sweep(engine, runnerId, folder);
    expect(await makersOf(engine, runnerId)).toEqual([]);
  });

  test('of a new host finds nothing', async () => {
    expect(await sweep(engine, runnerId, join(folder, 'not-there-yet'))).toEqual({
      containers: [],
      folders: [],
    });
  });
});

describe('what a build wrote', () => {
  test('is taken away by a container of its user, where the runner may not', async () => {
    await mkdir(join(folder, 'deep/er'), { recursive: true });
    await writeFile(join(folder, 'deep/er/file'), 'x');
    for (const path of ['', 'deep', 'deep/er', 'deep/er/file'])
      await chown(join(folder, path), BUILDER_UID, BUILDER_UID);
    await emptyAsBuilder(engine, runnerId, folder);
    expect(await readdir(folder)).toEqual([]);
  });

  test('is removed without following links out of it', async () => {
    await mkdir(join(folder, 'kept'));
    await writeFile(join(folder, 'kept/file'), 'x');
    await mkdir(join(folder, 'tree'));
    await symlink(join(folder, 'kept'), join(folder, 'tree/link'));
    await removeTree(join(folder, 'tree'));
    expect(await readdir(folder)).toEqual(['kept']);
    expect(await readdir(join(folder, 'kept'))).toEqual(['file']);
  });
});

describe('a builder image', () => {
  test('tells of its tools; a file that is not there is null', async () => {
    expect(await readImageFile(engine, runnerId, WEB_IMAGE, VERSIONS_FILE)).toMatch(/^node=24/m);
    expect(await readImageFile(engine, runnerId, WEB_IMAGE, NPM_REGISTRY_FILE)).toMatch(/^https?:/);
    expect(await readImageFile(engine, runnerId, WEB_IMAGE, '/etc/appflux/none')).toBeNull();
  });

  test('that is missing is made once, however many builds ask for it', async () => {
    const kind = `test-${runnerId.slice(0, 8)}`;
    const image = `appflux/${kind}-builder`;
    const script = join(folder, 'make.mjs');
    await writeFile(
      script,
      `import { appendFileSync } from 'node:fs';
       import Docker from ${JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve('dockerode')).href)};
       appendFileSync(${JSON.stringify(join(folder, 'made'))}, process.argv[2] + '\\n');
       await new Docker().getImage('${WEB_IMAGE}').tag({ repo: 'appflux/' + process.argv[2] + '-builder' });`,
    );
    const { journal } = keptJournal();
    const images = new Images({
      engine,
      journal,
      allowed: ['appflux/*'],
      command: `${process.execPath} ${script}`,
    });
    const lines: string[] = [];
    const ensure = () =>
      images.ensure(image, (text) => lines.push(String(text)), new AbortController().signal);
    try {
      const [first, second] = await Promise.all([ensure(), ensure()]);
      expect(first).toBe(second);
      expect(lines.join('\n')).toContain('Building the builder image');
      expect(await readFile(join(folder, 'made'), 'utf8')).toBe(`${kind}\n`);
    } finally {
      await engine.getImage(image).remove();
    }
  });

  test('that cannot be made is said to be unavailable, and the journal knows why', async () => {
    const { journal, lines } = keptJournal();
    const command = `${process.execPath} -e console.error('no\\ room');process.exit(1)`;
    const images = new Images({ engine, journal, allowed: ['appflux/*'], command });
    const signal = new AbortController().signal;
    await expect(images.ensure('appflux/nothing-builder', () => undefined, signal)).rejects.toMatchObject({
      code: 'image_unavailable',
    });
    expect(lines.join('')).toContain('no room');
  });
});
