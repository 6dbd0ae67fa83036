import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkWords, findPhrases, isChecked } from './words.ts';

it.each([
  ['The D1 keeper', 'keeper'],
  ['const metadataKeepers = 2;', 'Keepers'],
  ['the S3 door of the bucket', 'door'],
  ['the owner was told', 'was told'],
  ['a chore with a timer', 'chore'],
  ['it is sealed anew', 'anew'],
  ['Whoever has the link', 'Whoever'],
  ['the token has run out', 'has run out'],
  ['it ends at once', 'at once'],
  ['an e-mail address', 'e-mail'],
  ['passed on by hand', 'by hand'],
  ['drawn from the schemas', 'drawn from'],
])('refuses %j', (text, found) => {
  expect(findPhrases(text)).toMatchObject([{ line: 1, found }]);
});

it.each([
  'Caddy is the front door of the instance',
  'the indoor map, a doorway',
  'a bookkeeping table, a bookkeeper',
  'Node ran out of heap memory',
  'the disk has run out of space',
  'it told the runner to stop',
  'a drawing, drawn at 60 frames per second',
  'a good build, forgoodness',
  'onceMore(at, once)',
  'mailbox, email, female-mail',
  'the handle, byhand',
])('accepts %j', (text) => {
  expect(findPhrases(text)).toEqual([]);
});

it('names file, line, phrase and what to write, and leaves alone what others wrote', async () => {
  const root = await mkdtemp(join(tmpdir(), 'words-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'fixtures'));
  const text = 'One line.\nIt is made again.\n';
  for (const path of ['page.md', 'fixtures/page.md', 'data.json']) await writeFile(join(root, path), text);
  expect(await checkWords(root, ['data.json', 'fixtures/page.md', 'page.md'])).toEqual([
    'page.md:2: "made again": write "rebuilt" or "recreated" (docs/style.md)',
  ]);
  expect(isChecked('docs/style.md')).toBe(false);
});
