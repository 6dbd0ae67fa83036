/** The public pages of made-up apps, rendered as the Worker renders them. */
import { NO_DETAILS } from '../../edge/src/metadata/details.ts';
import type { DeploymentRecord } from '../../edge/src/metadata/metadata.ts';
import { appRecord, deploymentRecord } from '../../edge/src/metadata/testing/sample-records.ts';
import { type Document, frame, pageHeaders } from '../../edge/src/publish/frame.ts';
import { releaseDocument } from '../../edge/src/publish/release-view.ts';
import { missingDocument, unreleasedDocument } from '../../edge/src/publish/state-view.ts';
import { artifactNamed } from '../../edge/src/publish/testing/artifacts.ts';
import { versionDocument } from '../../edge/src/publish/version-view.ts';

const ADDRESS = 'https://apps.example/a/trail-notes';

const notes = appRecord({ slug: 'trail-notes', name: 'Trail Notes', type: 'android' });
const desktop = appRecord({ slug: 'tide', name: 'Tide', type: 'desktop' });
const hostile = appRecord({
  slug: 'a',
  name: `<img src=x onerror=alert(1)>"\u202e'&${'W'.repeat(45)}`,
  type: 'desktop',
});

const apk = artifactNamed('app-release.apk', {
  package: 'dev.trail.notes',
  version: '2.4.1',
  versionCode: 17,
  minSdk: 26,
  permissions: 'INTERNET, CAMERA, ACCESS_FINE_LOCATION',
  abi: 'universal',
  signed: true,
});
const version = (app: typeof notes, members: Partial<DeploymentRecord>): DeploymentRecord =>
  deploymentRecord(app, {
    status: 'success',
    finishedAt: '2026-11-23T10:00:00.000Z',
    commitHash: 'abcdef0123456789abcdef0123456789abcdef01',
    ...members,
  });

const earlier = ['2.4.0', '2.3.1', '2.3.0'].map((name) =>
  version(notes, { version: name, artifacts: [apk, artifactNamed('app.aab')] }),
);
const release = version(notes, { version: '2.4.1', artifacts: [apk, artifactNamed('app.aab')] });
const many = version(desktop, {
  version: '10.0.0-beta.3',
  artifacts: ['exe', 'msi', 'dmg', 'AppImage', 'deb', 'rpm', 'zip'].flatMap((ending) =>
    ['x64', 'arm64', 'ia32'].map((arch) => artifactNamed(`Tide-10.0.0-beta.3-${arch}.${ending}`, { arch })),
  ),
});
const wide = version(hostile, {
  version: '<script>alert(2)</script>'.repeat(4),
  artifacts: [
    artifactNamed(`${'W'.repeat(190)}.exe`, { signed: false, product: `"><script>${'M'.repeat(400)}` }),
    artifactNamed(`it's «& 100% ${'🚀'.repeat(60)}.dmg`),
  ],
});
const view = { earlier: [], system: null, address: ADDRESS, site: null, details: NO_DETAILS } as const;

const NOTES = `# Changes

### Added

- A **map** of the trail, with \`offline\` tiles (see [the guide](https://example.com/guide))
- Photos:
  1. from the camera
  2. from the gallery

> Thanks to everyone who tried the beta.

| Phone | Works |
|:------|------:|
| Pixel | yes |

\`\`\`sh
trail-notes --export ${'x'.repeat(60)}
\`\`\`
`;
const HOSTILE_NOTES = `<script>alert(3)</script> [click](javascript:alert(4)) ![](https://evil.example/x.png)
<img src=x onerror=alert(5)> <https://example.com/${'a'.repeat(200)}> ${'W'.repeat(300)} \u202eabc

- ${'- '.repeat(40)}deep`;
const noted = (text: string) => ({ notes: { text, source: 'changelog' as const }, icon: null });

/** Pages by what they show. */
export const PUBLIC_PAGES: readonly (readonly [string, () => Document | Promise<Document>])[] = [
  [
    'a release with earlier versions',
    () =>
      releaseDocument({ ...view, app: notes, release, earlier, system: 'android', details: noted(NOTES) }),
  ],
  [
    'no file for the visitor’s system',
    () => releaseDocument({ ...view, app: notes, release, system: 'ios' }),
  ],
  [
    'many files',
    () =>
      releaseDocument({
        ...view,
        app: desktop,
        release: many,
        system: 'windows',
        details: noted(NOTES.repeat(30)),
      }),
  ],
  [
    'all files of a version',
    () => versionDocument({ app: desktop, version: many, address: ADDRESS, details: noted(NOTES) }),
  ],
  [
    'hostile names',
    () =>
      releaseDocument({
        ...view,
        app: hostile,
        release: wide,
        system: 'windows',
        details: noted(HOSTILE_NOTES),
      }),
  ],
  ['no files left', () => releaseDocument({ ...view, app: notes, release: { ...release, artifacts: [] } })],
  ['no release', () => unreleasedDocument(notes, ADDRESS)],
  ['no such page', () => missingDocument('page')],
];

/** What the Worker answers with for a page. */
export async function answerWith(
  document: Document,
): Promise<{ body: string; headers: Record<string, string> }> {
  const { text, policy } = await frame(document);
  return { body: text, headers: pageHeaders(policy) };
}
