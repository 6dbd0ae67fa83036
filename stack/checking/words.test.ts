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
  ['the old one is taken over by the new one', 'taken over'],
  ['the token is not good', 'is not good'],
  ['the lease is kept for good', 'for good'],
  ['it asks once more', 'once more'],
  ['the people are told', 'are told'],
])('refuses %j', (text, found) => {
  expect(findPhrases(text)).toMatchObject([{ line: 1, found }]);
});

it.each([
  ['One line that ends at\nonce.', 'at once', 1],
  ['/**\n * What a runner is\n * told when it connects.\n */', 'is told', 2],
  ['  // Keep the key for\n  // good.', 'for good', 1],
  ['# Run out: it has\n# run out', 'has run out', 1],
])('refuses %j, which is broken over two lines', (text, found, line) => {
  expect(findPhrases(text)).toMatchObject([{ line, found }]);
});

it('names phrases in the order of the text', () => {
  expect(findPhrases('anew\na door\nat once and a chore').map(({ line, found }) => [line, found])).toEqual([
    [1, 'anew'],
    [2, 'door'],
    [3, 'at once'],
    [3, 'chore'],
  ]);
});

it.each([
  'Caddy is the front door of the instance',
  'the indoor map, a doorway',
  'a bookkeeping table, a bookkeeper',
  'Node ran out of heap memory',
  'the disk has run out of space',
  'memory has run out',
  'the folder stack/front-door',
  'macOS Gatekeeper, ZooKeeper, a timekeeper',
  'so that the two can be told apart',
  'an average taken over all rounds, taken over 30 days',
  'no more than once, once more than ten have come',
  'for good reasons, for good measure',
  'made by hand-written rules',
  'a sample drawn from the distribution, drawn from a seed, a chart drawn by the page',
  'it is not good enough, and not good at that',
  'a list at\n\nonce upon a time',
  'it told the runner to stop',
  'a drawing, drawn at 60 frames per second',
  'a good build, forgoodness',
  'onceMore(at, once)',
  'mailbox, email, female-mail',
  'the handle, byhand',
])('accepts %j', (text) => {
  expect(findPhrases(text)).toEqual([]);
});

it('does not read the targets of links', () => {
  expect(findPhrases('[mail](https://example.com/e-mail/door/anew) and <https://example.com/chore>')).toEqual(
    [],
  );
  expect(findPhrases('[an e-mail](https://example.com/)')).toMatchObject([{ found: 'e-mail' }]);
});

it('names file, line, phrase and what to write, and skips what others wrote', async () => {
  const root = await mkdtemp(join(tmpdir(), 'words-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'fixtures'));
  const text = 'One line.\nIt is made again.\n';
  const files = ['page.md', 'Dockerfile', 'Dockerfile.debian', 'fixtures/page.md', 'data.json', 'LICENSE'];
  for (const path of files) await writeFile(join(root, path), text);
  await writeFile(join(root, 'script'), `#!/bin/sh\n# ${text}`);
  const instead = '"made again": write "rebuilt" or "recreated" (docs/style.md)';
  expect(await checkWords(root, [...files, 'script'])).toEqual([
    `page.md:2: ${instead}`,
    `Dockerfile:2: ${instead}`,
    `Dockerfile.debian:2: ${instead}`,
    `script:3: ${instead}`,
  ]);
  expect(isChecked('docs/style.md', text)).toBe(false);
});
