import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSource } from '../index.ts';
import { SOURCE_LIMITS, type SourceLimits } from '../limits.ts';
import { BUILDER_UID } from '../settle.ts';
import { failureOf, surroundings, type TestSurroundings } from '../testing/surroundings.ts';
import { buildZip, FILE, FOLDER, LINK, PROGRAM, type ZipMember } from '../testing/zip-builder.ts';
import { ExtractionPlanner } from './plan.ts';

let around: TestSurroundings;
let server: Server;
let url: string;
let requests: number;
let answer: RequestListener;

beforeEach(async () => {
  around = await surroundings();
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload?X-Amz-Signature=s3cret`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await around.remove();
});

interface SourceChange {
  readonly size?: number;
  readonly sha256?: string | null;
  readonly rootDirectory?: string;
  readonly limits?: Partial<SourceLimits>;
}

/** Uploads these bytes and prepares them, in folders of their own. */
async function prepareBytes(bytes: Buffer, change: SourceChange = {}, within = around) {
  answer = (_request, response) => response.end(bytes);
  return prepareUpload({ size: bytes.length, ...change }, within);
}

const prepareUpload = (change: SourceChange, within = around) =>
  prepareSource(
    {
      kind: 'upload',
      url,
      name: 'site.zip',
      size: change.size ?? 100,
      sha256: change.sha256 ?? null,
      rootDirectory: change.rootDirectory ?? './',
    },
    within.workspace,
    { allowPrivateSources: false, limits: { ...SOURCE_LIMITS, storageRetryMs: [0, 0], ...change.limits } },
    within.ctx,
  );

const prepareZip = (members: readonly ZipMember[], change: SourceChange = {}, within = around) =>
  prepareBytes(buildZip(members), change, within);

async function treeOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .map(
      (entry) =>
        join(entry.parentPath, entry.name).slice(folder.length + 1) + (entry.isDirectory() ? '/' : ''),
    )
    .sort();
}

describe('an uploaded ZIP', () => {
  it('is unpacked, with its contents whole', async () => {
    const big = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
    const { root, commitHash } = await prepareZip([
      { name: 'index.html', content: '<h1>Hi</h1>' },
      { name: 'empty.txt' },
      { name: 'a/b/c.bin', content: big },
      { name: 'stored.txt', content: 'stored', method: 0 },
      { name: 'folder/', mode: FOLDER },
    ]);
    expect(commitHash).toBeNull();
    expect(root).toBe(around.workspace.source);
    expect(await treeOf(root)).toEqual([
      'a/',
      'a/b/',
      'a/b/c.bin',
      'empty.txt',
      'folder/',
      'index.html',
      'stored.txt',
    ]);
    expect(readFileSync(join(root, 'a/b/c.bin')).equals(big)).toBe(true);
    expect(existsSync(join(around.workspace.scratch, 'upload.zip'))).toBe(false);
  });

  it('has its permissions reduced to file and program', async () => {
    const { root } = await prepareZip([
      { name: 'run.sh', content: 'x', mode: 0o106777 },
      { name: 'secret', content: 'x', mode: 0o100000 },
      { name: 'tool', content: 'x', mode: PROGRAM },
      { name: 'dir/', mode: 0o041777 },
    ]);
    const modes = ['run.sh', 'secret', 'tool', 'dir'].map((name) =>
      (lstatSync(join(root, name)).mode & 0o7777).toString(8),
    );
    const root0 = process.getuid?.() === 0;
    expect(modes).toEqual(root0 ? ['755', '644', '755', '755'] : ['777', '666', '777', '777']);
    if (root0) expect(lstatSync(join(root, 'tool')).uid).toBe(BUILDER_UID);
  });

  it('keeps a link that stays inside, even one through another link', async () => {
    const { root } = await prepareZip([
      { name: 'bin/tool', content: '../lib/tool.js', mode: LINK },
      { name: 'lib/tool.js', content: 'x', mode: FILE },
      { name: 'latest', content: 'lib', mode: LINK },
      { name: 'twice', content: 'latest/tool.js', mode: LINK },
      { name: 'later', content: 'dist/made-by-build', mode: LINK },
    ]);
    expect(readlinkSync(join(root, 'bin/tool'))).toBe('../lib/tool.js');
    expect(readFileSync(join(root, 'twice'), 'utf8')).toBe('x');
  });

  it('that a Mac made comes without what the Mac added', async () => {
    const { root } = await prepareZip([
      { name: 'site/', mode: FOLDER },
      { name: 'site/index.html', content: 'x', mode: FILE },
      { name: 'site/.DS_Store', content: 'x', mode: FILE },
      { name: '__MACOSX/', mode: FOLDER },
      { name: '__MACOSX/site/._index.html', content: 'x', mode: FILE },
      { name: '._site', content: 'x', mode: FILE },
      { name: 'site/._index.html', content: 'x', mode: FILE },
    ]);
    expect(await treeOf(root)).toEqual(['index.html']);
    expect(around.lines).toContain('The ZIP contains a single folder, "site", which is used as the top.');
  });

  it('may have names that other systems don’t have: of devices, and in both cases', async () => {
    const names = [
      'aux.js',
      'con',
      'a/NUL.txt',
      'com1',
      'Readme',
      'README',
      'A/x',
      '\u00e9',
      'e\u0301',
      '._f/x',
    ];
    const { root } = await prepareZip(names.map((name) => ({ name, content: `of ${name}` })));
    expect((await treeOf(root)).filter((path) => !path.endsWith('/')).sort()).toEqual(names.sort());
    for (const name of names) expect(readFileSync(join(root, name), 'utf8')).toBe(`of ${name}`);
  });

  it.each([
    ['Readme', 'README'],
    ['A/x', 'a/y'],
    ['\u00e9', 'e\u0301'],
  ])('with %j and %j is refused where both are one file', (one, other) => {
    const listed = (name: string) =>
      ({ name, kind: 'file', size: 1, packedSize: 1, encrypted: false, method: 0 }) as const;
    const planner = new ExtractionPlanner(SOURCE_LIMITS, { archiveBytes: 1000, foldsNames: true });
    planner.add(listed(one));
    expect(() => planner.add(listed(other))).toThrow('are the same name on this runner’s file system');
  });

  it('from Windows may have backslashes and folders without a slash', async () => {
    const { root } = await prepareZip([
      { name: 'css\\site.css', content: 'x' },
      { name: 'img\\', dosAttributes: 0x10 },
      { name: 'empty', dosAttributes: 0x10 },
      { name: 'index.html', content: 'x' },
    ]);
    expect(await treeOf(root)).toEqual(['css/', 'css/site.css', 'empty/', 'img/', 'index.html']);
  });

  it('may have names in UTF-8, said or not, and in CP437', async () => {
    const unicodePath = Buffer.from('日本.txt');
    const raw = Buffer.from('xx.txt');
    const { crc32 } = await import('node:zlib');
    const field = Buffer.alloc(9);
    field.writeUInt16LE(0x7075, 0);
    field.writeUInt16LE(5 + unicodePath.length, 2);
    field.writeUInt8(1, 4);
    field.writeUInt32LE(crc32(raw), 5);
    const { root } = await prepareZip([
      { name: 'grüße.txt', content: 'x' },
      { name: Buffer.from('naïve.txt'), content: 'x' },
      { name: Buffer.from([0x82, 0x74, 0x82, 0x2e, 0x74, 0x78, 0x74]), content: 'x' },
      { name: raw, content: 'x', extra: Buffer.concat([field, unicodePath]) },
    ]);
    expect((await treeOf(root)).sort()).toEqual(['grüße.txt', 'naïve.txt', 'été.txt', '日本.txt'].sort());
  });

  it('is unwrapped when all of it lies in one folder, as GitHub packs it', async () => {
    const { root } = await prepareZip([
      { name: 'app-main/', mode: FOLDER },
      { name: 'app-main/package.json', content: '{}' },
      { name: 'app-main/src/a.js', content: 'x' },
    ]);
    expect(await treeOf(root)).toEqual(['package.json', 'src/', 'src/a.js']);
  });

  it('is not unwrapped when the root directory names that folder', async () => {
    const { root } = await prepareZip([{ name: 'web/index.html', content: 'x' }], { rootDirectory: 'web' });
    expect(root).toBe(join(around.workspace.source, 'web'));
    expect(around.lines.join()).not.toContain('taken as the top');
  });

  it('is unwrapped when the root directory lies below that folder', async () => {
    const { root } = await prepareZip([{ name: 'app-main/web/index.html', content: 'x' }], {
      rootDirectory: 'web',
    });
    expect(root).toBe(join(around.workspace.source, 'web'));
    expect(existsSync(join(root, 'index.html'))).toBe(true);
  });
});

describe('a root directory', () => {
  it.each([
    ['missing', 'The root directory "missing" does not exist'],
    ['a.txt', 'is a file, not a folder'],
    ['../x', 'is outside the source'],
    ['a/../../x', 'is outside the source'],
  ])('%s is refused', async (rootDirectory, words) => {
    const failure = await failureOf(
      prepareZip(
        [
          { name: 'a.txt', content: 'x' },
          { name: 'a/b.txt', content: 'x' },
        ],
        { rootDirectory },
      ),
    );
    expect(failure.code).toBe('settings_invalid');
    expect(failure.message).toContain(words);
  });

  it('may be a link that stays inside', async () => {
    const { root } = await prepareZip(
      [
        { name: 'v2/index.html', content: 'x', mode: FILE },
        { name: 'current', content: 'v2', mode: LINK },
      ],
      { rootDirectory: 'current' },
    );
    expect(root).toBe(join(around.workspace.source, 'v2'));
  });
});

describe('a hostile ZIP', () => {
  const ok: ZipMember = { name: 'index.html', content: 'x', mode: FILE };

  const HOSTILE: readonly (readonly [string, readonly ZipMember[], string])[] = [
    ['climbs up', [ok, { name: '../evil.txt', content: 'x' }], 'is outside the archive'],
    ['climbs up in the middle', [ok, { name: 'a/../../evil.txt', content: 'x' }], 'is outside the archive'],
    [
      'climbs up with backslashes',
      [ok, { name: 'a\\..\\..\\evil.txt', content: 'x' }],
      'is outside the archive',
    ],
    [
      'climbs up as Windows reads it',
      [ok, { name: 'a/.. /evil.txt', content: 'x' }],
      'is outside the archive',
    ],
    [
      'climbs up inside what is dropped',
      [ok, { name: '__MACOSX/../../evil', content: 'x' }],
      'is outside the archive',
    ],
    ['is absolute', [ok, { name: '/etc/evil', content: 'x' }], 'is an absolute path'],
    [
      'is absolute with a backslash',
      [ok, { name: '\\\\server\\share', content: 'x' }],
      'is an absolute path',
    ],
    ['names a drive', [ok, { name: 'C:/evil', content: 'x' }], 'begins with a drive letter'],
    ['names a drive without a slash', [ok, { name: 'c:evil', content: 'x' }], 'begins with a drive letter'],
    ['holds NUL', [ok, { name: 'a\0.txt', content: 'x' }], 'contains a control character'],
    ['holds a line end', [ok, { name: 'a\nforged log line', content: 'x' }], 'contains a control character'],
    ['has a very long name', [ok, { name: 'a'.repeat(256), content: 'x' }], 'is too long'],
    ['has a very long path', [ok, { name: 'ab/'.repeat(1000), content: 'x' }], 'is too long'],
    ['is very deep', [ok, { name: `${'a/'.repeat(65)}x`, content: 'x' }], 'more than 64 folders deep'],
    ['holds a file twice', [ok, { ...ok, content: 'y' }], 'contains "index.html" twice'],
    [
      'holds a file twice in two spellings',
      [ok, { name: './/index.html', content: 'y' }],
      'contains "index.html" twice',
    ],
    [
      'holds a file that is a folder',
      [
        { name: 'a', content: 'x' },
        { name: 'a/b', content: 'x' },
      ],
      'contains "a" twice',
    ],
    [
      'holds a folder that is a file',
      [
        { name: 'a/b', content: 'x' },
        { name: 'a', content: 'x' },
      ],
      'contains "a" twice',
    ],
    ['holds a link out', [ok, { name: 'l', content: '../x', mode: LINK }], '"l" is a link to a path outside'],
    [
      'holds an absolute link',
      [ok, { name: 'l', content: '/etc/passwd', mode: LINK }],
      '"l" is a link to a path outside',
    ],
    [
      'holds a link out by way of another',
      [ok, { name: 'd/up', content: '..', mode: LINK }, { name: 'l', content: 'd/up/../x', mode: LINK }],
      'is a link to a path outside',
    ],
    ['holds a link to itself', [ok, { name: 'l', content: 'l', mode: LINK }], 'is a link to a path outside'],
    [
      'writes through a link',
      [
        { name: 'l', content: '/tmp', mode: LINK },
        { name: 'l/evil', content: 'x', mode: FILE },
      ],
      'contains "l" twice',
    ],
    [
      'replaces a link',
      [
        { name: 'l', content: '/tmp/evil', mode: LINK },
        { name: 'l', content: 'x', mode: FILE },
      ],
      'contains "l" twice',
    ],
    ['holds a link without a target', [ok, { name: 'l', content: '', mode: LINK }], 'without a target'],
    [
      'holds a link with a huge target',
      [ok, { name: 'l', content: 'a'.repeat(5000), mode: LINK }],
      'too long',
    ],
    ['holds a device', [ok, { name: 'd', mode: 0o060644 }], 'not a file, folder or link'],
    ['holds a pipe', [ok, { name: 'p', mode: 0o010644 }], 'not a file, folder or link'],
    ['is encrypted', [ok, { name: 'e', content: 'x', flags: 1 }], 'is encrypted'],
    ['is encrypted strongly', [ok, { name: 'e', content: 'x', flags: 0x41 }], 'is encrypted'],
    ['is encrypted with AES', [ok, { name: 'e', content: 'x', method: 99 }], 'is encrypted'],
    ['is packed with Zstandard', [ok, { name: 'z', content: 'x', method: 93 }], 'with Zstandard'],
    [
      'lies about a size, too small',
      [ok, { name: 'b', content: 'x'.repeat(1000), size: 10 }],
      'is damaged: "b"',
    ],
    ['lies about a size, too large', [ok, { name: 'b', content: 'x', size: 10 }], 'is damaged: "b"'],
    ['lies about a checksum', [ok, { name: 'b', content: 'x', crc: 1 }], 'is damaged: "b"'],
    ['contains no files', [{ name: 'a/', mode: FOLDER }], 'contains no files'],
    ['holds nothing', [], 'contains no files'],
    ['holds another ZIP', [{ name: 'site.zip', content: 'x' }], 'nothing but another archive, "site.zip"'],
    [
      'holds an archive in a folder',
      [
        { name: 'a/', mode: FOLDER },
        { name: 'a/x.tar.gz', content: 'x' },
      ],
      'nothing but another',
    ],
    ['holds nothing of use', [{ name: '__MACOSX/x', content: 'x' }], 'contains no files'],
  ];

  it.each(HOSTILE)('that %s is refused, and nothing of it lands outside', async (_what, members, words) => {
    const before = await treeOf(around.folder);
    const failure = await failureOf(prepareZip(members));
    expect(failure.code).toBe('source_invalid');
    expect(failure.message).toContain(words);
    const after = (await treeOf(around.folder)).filter(
      (path) => !path.startsWith('source/') && !path.startsWith('scratch/'),
    );
    expect(after).toEqual(before);
    expect(existsSync('/tmp/evil')).toBe(false);
  });

  it('with more entries than are allowed is refused', async () => {
    const members = Array.from({ length: 11 }, (_, i) => ({ name: `f${i}`, content: 'x' }));
    const failure = await failureOf(prepareZip(members, { limits: { entries: 10 } }));
    expect(failure.message).toBe('The ZIP contains more than 10 entries.');
  });

  it('that unpacks to too much is refused before anything is written', async () => {
    const members = [1, 2, 3].map((i) => ({ name: `f${i}`, content: 'x'.repeat(1000) }));
    const failure = await failureOf(prepareZip(members, { limits: { treeBytes: 2999 } }));
    expect(failure.message).toContain('unpacks to more than');
    expect(await treeOf(around.workspace.source)).toEqual([]);
  });

  it('that unpacks to many times its size is refused', async () => {
    const bomb = [{ name: 'zeros', content: Buffer.alloc(1_000_000) }];
    const limits = { ratioFreeBytes: 100_000 };
    const failure = await failureOf(prepareZip(bomb, { limits }));
    expect(failure.message).toBe('The ZIP unpacks to more than 200 times its own size.');
    await prepareZip(bomb);
  });

  it('whose entries lie over one another is refused', async () => {
    const content = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251));
    const members: ZipMember[] = [{ name: 'f0', content }];
    for (let i = 1; i < 50; i += 1) members.push({ name: `f${i}`, content, sameBytesAs: 0 });
    const failure = await failureOf(prepareZip(members));
    expect(failure.message).toBe('The ZIP contains overlapping entries.');
  });

  it('claiming sizes beyond all numbers is refused', async () => {
    const zip64 = Buffer.alloc(20);
    zip64.writeUInt16LE(1, 0);
    zip64.writeUInt16LE(16, 2);
    zip64.writeBigUInt64LE(2n ** 63n, 4);
    zip64.writeBigUInt64LE(2n ** 52n, 12);
    const failure = await failureOf(
      prepareZip([{ name: 'f', content: 'x', size: 0xffffffff, packedSize: 0xffffffff, extra: zip64 }]),
    );
    expect(failure.code).toBe('source_invalid');
  });

  it('whatever its names and kinds are, writes nothing outside and leaves no link out', async () => {
    const part = fc.oneof(
      fc.constantFrom('a', 'b', 'link'),
      fc.constantFrom(
        '..',
        '.',
        '',
        'a',
        'b',
        'A',
        ' ',
        '...',
        '.. ',
        'C:',
        'nul',
        '~',
        '$HOME',
        '.git',
        '\\',
        '\0',
        'é',
        'link',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const name = fc
      .tuple(
        fc.constantFrom('', '/', '\\', '../'),
        fc.array(part, { maxLength: 4 }),
        fc.constantFrom('', '/'),
      )
      .map(([before, parts, after]) => before + parts.join('/') + after);
    const member = fc.record({
      name,
      content: fc.oneof(fc.constantFrom('..', '/', '/tmp', 'a', '../a', 'link/..', 'a/../..', ''), name),
      mode: fc.constantFrom(FILE, LINK, LINK, FOLDER, PROGRAM, 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 6 }), async (members) => {
        const inner = await surroundings();
        try {
          const outcome = await prepareZip(members, {}, inner).then(
            () => null,
            (error: unknown) => error,
          );
          if (outcome !== null) expect(outcome).toMatchObject({ name: 'JobFailure' });
          expect(
            (await readdir(inner.folder)).filter((entry) => entry !== 'source' && entry !== 'scratch'),
          ).toEqual([]);
          if (outcome === null) {
            const top = inner.workspace.source;
            for (const path of await treeOf(top)) {
              const real = await realpath(join(top, path)).catch(() => top);
              expect(real === top || real.startsWith(`${top}/`)).toBe(true);
            }
          }
        } finally {
          await inner.remove();
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('what is no ZIP', () => {
  it.each([
    ['text', Buffer.from('hello, world'.repeat(10)), 'not a complete ZIP'],
    ['a .tar.gz', Buffer.from('1f8b0800000000000003', 'hex'), 'gzip file, perhaps a .tar.gz'],
    ['a RAR', Buffer.from('526172211a0701000000', 'hex'), 'a RAR archive'],
    ['a web page', Buffer.from('<!doctype html>'), 'an HTML page'],
    ['nothing', Buffer.alloc(0), 'it is empty'],
    ['half a ZIP', buildZip([{ name: 'a', content: 'x'.repeat(100) }]).subarray(0, 60), 'not a complete ZIP'],
    [
      'a ZIP without its beginning',
      buildZip([{ name: 'a', content: 'x'.repeat(100) }]).subarray(40),
      'not a complete ZIP',
    ],
    [
      'a ZIP that counts too many',
      buildZip([{ name: 'a', content: 'x' }], { entryCount: 9 }),
      'not a complete ZIP',
    ],
  ])('is refused: %s', async (_what, bytes, words) => {
    const failure = await failureOf(prepareBytes(bytes));
    expect(failure.code).toBe('source_invalid');
    expect(failure.message).toContain(words);
  });
});

describe('the download', () => {
  const zip = buildZip([{ name: 'index.html', content: 'x' }]);

  it('is checked against the SHA-256 that is known', async () => {
    await prepareBytes(zip, { sha256: createHash('sha256').update(zip).digest('hex') });
    const failure = await failureOf(prepareBytes(zip, { sha256: '0'.repeat(64) }));
    expect(failure.message).toContain('its SHA-256 differs');
  });

  it('stops at the first byte too many', async () => {
    const failure = await failureOf(prepareBytes(zip, { size: zip.length - 1 }));
    expect(failure).toMatchObject({ code: 'source_invalid' });
    expect(failure.message).toContain('larger than');
  });

  it('is tried again when it breaks off, and when the storage fails', async () => {
    answer = (_request, response) => {
      if (requests === 1) response.writeHead(503).end();
      else if (requests === 2) {
        response.writeHead(200, { 'content-length': zip.length });
        response.write(zip.subarray(0, 10), () => response.destroy());
      } else response.end(zip);
    };
    await prepareUpload({ size: zip.length });
    expect(requests).toBe(3);
  });

  it.each([
    [403, 'the link has expired', 1],
    [404, 'no longer in storage', 1],
    [500, 'status 500', 3],
  ])('says what a status of %i means', async (status, words, tries) => {
    answer = (_request, response) => response.writeHead(status).end();
    const failure = await failureOf(prepareUpload({}));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toContain(words);
    expect(requests).toBe(tries);
  });

  it('never tells its URL', async () => {
    answer = (_request, response) => response.destroy();
    const failure = await failureOf(prepareUpload({}));
    const reported = [failure.message, failure.hint, failure.stack, ...around.lines].join('\n');
    expect(reported).not.toContain('s3cret');
    expect(reported).not.toContain('127.0.0.1');
  });

  it('stops immediately when the job is canceled', async () => {
    const reason = new Error('canceled by a test');
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': zip.length });
      response.write(zip.subarray(0, 10), () => around.abort(reason));
    };
    await expect(prepareUpload({ size: zip.length })).rejects.toBe(reason);
    await mkdir(around.workspace.scratch, { recursive: true });
    expect(await readdir(around.workspace.scratch)).toEqual([]);
  });
});
