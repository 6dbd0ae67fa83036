import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { fingerprint } from '../fingerprint.ts';
import { type BuilderImage, type ImageVariant, pickImages, readCatalog } from './catalog.ts';
import { architectureOf } from './host.ts';
import { certificateFiles, type HostFacts, imageInputs, withoutCredentials } from './inputs.ts';

const [first = '', second = ''] = rootCertificates;

describe('certificates of the host', () => {
  test('become one file each, without duplicates, from any source file', () => {
    const files = certificateFiles([`# ours\n${first}\n${second}`, first]);
    expect(files).toHaveLength(2);
    for (const { path, content } of files) {
      expect(path).toMatch(/^prepared\/certificates\/host-[0-9a-f]{16}\.crt$/);
      expect(content.toString().match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    }
    expect(certificateFiles([second, first])).toEqual(files);
  });

  test('exclude keys and invalid blocks', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----';
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(certificateFiles([key, broken, 'no PEM at all'])).toEqual([]);
  });
});

test('the URL of a mirror enters an image without its password', () => {
  expect(withoutCredentials('https://ann:secret@mirror.example.com/npm/')).toBe(
    'https://mirror.example.com/npm/',
  );
});

describe('the inputs of an image', () => {
  let parent: string;
  let image: BuilderImage;
  const host: HostFacts = {
    architecture: 'amd64',
    certificates: [],
    npmRegistry: 'https://mirror.example.com/npm/',
  };
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'appflux-catalog-'));
    for (const folder of ['web/tools/node_modules/x', 'entry']) {
      await mkdir(join(parent, folder), { recursive: true });
    }
    await writeFile(
      join(parent, 'web/image.json'),
      JSON.stringify({
        repository: 'appflux/web-builder',
        base: { tag: 'debian:bookworm-slim', suite: 'bookworm' },
        npmTools: ['tools'],
        shared: ['entry'],
      }),
    );
    await writeFile(join(parent, 'web/Dockerfile'), 'FROM debian:bookworm-slim\n');
    await writeFile(join(parent, 'web/tools/package-lock.json'), '{}');
    await writeFile(join(parent, 'web/tools/node_modules/x/index.js'), 'downloaded');
    await writeFile(join(parent, 'entry/appflux-build'), '#!/bin/bash\n', { mode: 0o755 });
    await writeFile(join(parent, 'README.md'), '# Builder images\n');
    [image] = pickImages(await readCatalog(parent), ['web']) as [BuilderImage];
  });
  afterEach(() => rm(parent, { recursive: true }));

  const only = () => image.variants[0] as ImageVariant;
  const hash = async (facts: HostFacts) =>
    fingerprint(await imageInputs(image, only(), facts), facts.architecture);

  test('are its folder, the shared ones and the host’s additions; a folder without image.json is no image', async () => {
    expect([...(await readCatalog(parent)).keys()]).toEqual(['web']);
    const paths = (await imageInputs(image, only(), { ...host, certificates: [first] }))
      .map(({ path }) => path)
      .sort();
    expect(paths).toEqual([
      'Dockerfile',
      'entry/appflux-build',
      'image.json',
      expect.stringMatching(/^prepared\/certificates\/host-/),
      'prepared/npm-registry',
      'tools/package-lock.json',
    ]);
  });

  test('differ if a file, a certificate, the mirror or the processor differs', async () => {
    const before = await hash(host);
    expect(await hash({ ...host, certificates: [first] })).not.toBe(before);
    expect(await hash({ ...host, npmRegistry: 'https://other.example.com/' })).not.toBe(before);
    expect(await hash({ ...host, architecture: 'arm64' })).not.toBe(before);
    await writeFile(join(parent, 'entry/appflux-build'), '#!/bin/bash\nexit\n');
    expect(await hash(host)).not.toBe(before);
  });

  test('are the same if only a download, a test or a file beside the image has changed', async () => {
    const before = await hash(host);
    await writeFile(join(parent, 'web/web.docker.test.ts'), 'test');
    await writeFile(join(parent, 'web/tools/node_modules/x/index.js'), 'another download');
    await writeFile(join(parent, 'README.md'), '# Other words\n');
    expect(await hash(host)).toBe(before);
  });

  test('are those of one variant only', async () => {
    const way = { base: { tag: 'debian:sid-slim', suite: 'sid' }, npmTools: [], needs: null };
    await writeFile(
      join(parent, 'web/image.json'),
      JSON.stringify({
        repository: 'appflux/web-builder',
        shared: ['entry'],
        variants: {
          official: {
            ...way,
            dockerfile: 'Dockerfile',
            npmTools: ['web/tools'],
            shared: ['web/tools'],
            needs: 'https://example.com/',
          },
          debian: { ...way, dockerfile: 'Dockerfile.debian' },
        },
      }),
    );
    await writeFile(join(parent, 'web/Dockerfile.debian'), 'FROM debian:sid-slim\n');
    await mkdir(join(parent, 'web/debian'));
    await writeFile(join(parent, 'web/debian/gradle'), '#!/bin/sh\n');
    const [both] = pickImages(await readCatalog(parent), ['web']);
    const paths = async (name: string) => {
      const variant = both?.variants.find((candidate) => candidate.name === name) as ImageVariant;
      return (await imageInputs(both as BuilderImage, variant, host)).map(({ path }) => path);
    };
    expect(await paths('official')).toEqual(
      expect.arrayContaining(['Dockerfile', 'entry/appflux-build', 'web/tools/package-lock.json']),
    );
    expect((await paths('official')).filter((path) => /debian/.test(path))).toEqual([]);
    expect(await paths('debian')).toEqual(
      expect.arrayContaining(['Dockerfile.debian', 'debian/gradle', 'entry/appflux-build']),
    );
    expect(await paths('debian')).not.toContain('Dockerfile');
    expect(await paths('debian')).not.toContain('web/tools/package-lock.json');
  });

  test('can’t be read for an unknown image', async () => {
    const catalog = await readCatalog(parent);
    expect(() => pickImages(catalog, ['web', 'amiga'])).toThrow('Unknown builder image "amiga"');
  });
});

describe('the images of this checkout', () => {
  test('start from the base that their image.json names', async () => {
    for (const { kind, parent, variants } of (await readCatalog(join(ROOT, 'builder-images'))).values()) {
      for (const { dockerfile, base } of variants) {
        const text = await readFile(join(parent, kind, dockerfile), 'utf8');
        expect(/^FROM (\S+)$/m.exec(text)?.[1], `${kind}/${dockerfile}`).toBe(base.tag);
      }
    }
  });

  test('contain the packagers of servers only where servers are packed', async () => {
    const host = {
      architecture: 'amd64',
      certificates: [],
      npmRegistry: 'https://mirror.example.com/',
    } as const;
    const packs: string[] = [];
    for (const image of (await readCatalog(join(ROOT, 'builder-images'))).values()) {
      const inputs = await Promise.all(image.variants.map((variant) => imageInputs(image, variant, host)));
      if (inputs.flat().some(({ path }) => /(^|\/)server\/pack\.mjs$/.test(path))) packs.push(image.kind);
    }
    expect(packs).toEqual(['web']);
  });

  test('can each be built if no vendor answers', async () => {
    for (const { kind, variants } of (await readCatalog(join(ROOT, 'builder-images'))).values()) {
      expect(variants.at(-1)?.needs, kind).toBeNull();
    }
  });
});

test.each([
  ['x86_64', 'amd64'],
  ['x64', 'amd64'],
  ['aarch64', 'arm64'],
  ['riscv64', null],
])('the processor %s is %s to Docker', (name, expected) => {
  expect(architectureOf(name)).toBe(expected);
});
