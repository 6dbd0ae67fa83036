import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_NOTES_LENGTH } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Text } from '../../masking/sentence.ts';
import { iconOf } from './icon.ts';
import { readNotes } from './notes.ts';

const RECORDED = join(import.meta.dirname, '../../../recorded');

let folder: string;
let lines: string[];
const ctx = { log: (text: Text | string) => void lines.push(String(text)) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-details-'));
  lines = [];
});
afterEach(() => rm(folder, { recursive: true }));

const read = (more: Partial<Parameters<typeof readNotes>[0]> = {}) =>
  readNotes({ folders: [folder], version: '1.2.0', tagMessage: null, ...more });
const changelog = (name = 'CHANGELOG.md', text = '## 1.2.0\n- Faster\n## 1.1.0\n- Old') =>
  writeFile(join(folder, name), text);

describe('release notes', () => {
  it('are those of the tag, else the section of the change log', async () => {
    await changelog();
    expect(await read({ tagMessage: 'Moon\n\n- New' })).toEqual({ text: 'Moon\n\n- New', source: 'tag' });
    expect(await read()).toEqual({ text: '- Faster', source: 'changelog' });
  });

  it.each(['v1.2.0', '1.2.0', 'Release 1.2.0', 'version: v1.2.0', ''])(
    'are not the tag that says only %s',
    async (tagMessage) => {
      await changelog();
      expect(await read({ tagMessage })).toMatchObject({ source: 'changelog' });
      expect(await read({ tagMessage: `${tagMessage}\n\n- New` })).toEqual({ text: '- New', source: 'tag' });
    },
  );

  it.each(['changelog.md', 'CHANGELOG', 'Changes.md', 'HISTORY.md', 'NEWS.txt'])(
    'are found in %s',
    async (name) => {
      await changelog(name);
      expect(await read()).toMatchObject({ text: '- Faster' });
    },
  );

  it('of a package come before those of the repository, and those of the repository before none', async () => {
    const inner = join(folder, 'packages/app');
    await mkdir(inner, { recursive: true });
    await changelog();
    expect(await read({ folders: [inner, folder] })).toMatchObject({ text: '- Faster' });
    await writeFile(join(inner, 'CHANGELOG.md'), '## 1.2.0\n- Inner');
    expect(await read({ folders: [inner, folder] })).toMatchObject({ text: '- Inner' });
  });

  it('are none without a version, a change log or its section, nor where a link leads out', async () => {
    expect(await read()).toBeNull();
    await changelog();
    expect(await read({ version: null })).toBeNull();
    expect(await read({ version: '9.9.9' })).toBeNull();
    await rm(join(folder, 'CHANGELOG.md'));
    await symlink('/etc/passwd', join(folder, 'CHANGELOG.md'));
    expect(await read()).toBeNull();
  });

  it('that are too long are cut at the end of a line', async () => {
    await changelog('CHANGELOG.md', `## 1.2.0\n${'- a line\n'.repeat(20_000)}`);
    const text = (await read())?.text ?? '';
    expect(text.length).toBeLessThanOrEqual(MAX_NOTES_LENGTH);
    expect(text.endsWith('- a line\n…')).toBe(true);
  });
});

describe('an icon', () => {
  const of = (...names: string[]) =>
    iconOf(
      names.map((name) => ({ name, path: join(RECORDED, name) })),
      ctx,
    );

  it.each(['packages/moon.apk', 'packages/moon.aab'])('is the finest picture of %s', async (name) => {
    const icon = await of('packages/moon.msi', name);
    expect(icon?.type).toBe('image/png');
    const bytes = Buffer.from(icon?.content ?? '', 'base64');
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([96, 96]);
    expect(lines).toEqual([]);
  });

  it('of a package without a picture is none, and the log says so', async () => {
    await writeFile(join(folder, 'broken.apk'), 'no ZIP');
    expect(await iconOf([{ name: 'broken.apk', path: join(folder, 'broken.apk') }], ctx)).toBeNull();
    expect(lines.join()).toMatch(/The icon of broken\.apk can’t be read: .*drawn one/);
  });

  it('is not looked for where there is no package', async () => {
    expect(await of('packages/moon.msi')).toBeNull();
    expect(lines).toEqual([]);
  });
});
