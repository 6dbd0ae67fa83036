import { ArtifactName } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentType } from './content-type.ts';
import { artifactName, siteName, uniqueNames } from './names.ts';

describe("an artifact's name", () => {
  it.each([
    ['app-release.apk', 'app-release.apk'],
    ['My App 1.0 (x64).exe', 'My App 1.0 (x64).exe'],
    ['a/b:c.apk', 'a-b-c.apk'],
    ['..hidden.zip', 'hidden.zip'],
    ['a\u202egpj.exe', 'agpj.exe'],
    ['new\nline.deb', 'newline.deb'],
    ['...', 'artifact'],
    ['日本語.dmg', '日本語.dmg'],
  ])('is safe: %j', (text, name) => {
    expect(artifactName(text)).toBe(name);
  });

  it('keeps its extension when it is cut', () => {
    const name = artifactName(`${'é'.repeat(300)}.tar.gz`);
    expect(name.length).toBeLessThanOrEqual(200);
    expect(name).toMatch(/é\.tar\.gz$/);
  });

  it('is one that the protocol takes, whatever it is made of', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ unit: 'grapheme' })),
        (text) => {
          expect(ArtifactName.safeParse(artifactName(text)).error).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is unique for each path, in any case', () => {
    expect(uniqueNames(['a/app.apk', 'b/app.apk', 'c/b/APP.apk', 'x.apk'])).toEqual(
      ['app.apk', 'b-app.apk', 'app-2.apk', 'x.apk'].map((name, i) => (i === 2 ? 'APP-2.apk' : name)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'aAb/.-2é') }), { maxLength: 30 }),
        (paths) => {
          const names = uniqueNames(paths);
          expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(paths.length);
          for (const name of names) expect(ArtifactName.safeParse(name).error).toBeUndefined();
        },
      ),
    );
  });
});

it('calls a site by its version, its commit, or neither', () => {
  expect(siteName('shop', '1.2.0', 'abcdef0123')).toBe('shop-1.2.0.zip');
  expect(siteName('shop', null, 'abcdef0123')).toBe('shop-abcdef0.zip');
  expect(siteName('shop', null, null)).toBe('shop-site.zip');
  expect(siteName('shop', '../../x', null)).toBe('shop-..-..-x.zip');
});

it.each([
  ['a.apk', 'application/vnd.android.package-archive'],
  ['A.DEB', 'application/vnd.debian.binary-package'],
  ['a.zip', 'application/zip'],
  ['a.AppImage', 'application/vnd.appimage'],
  ['a.pdf', 'application/pdf'],
  ['noextension', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
])('gives %s the type %s', (name, type) => {
  expect(contentType(name)).toBe(type);
});
