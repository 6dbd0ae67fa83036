/** Which files of the repository are pages of the site, in the order of the navigation. */
import { posix } from 'node:path';

export interface Page {
  /** The name in the navigation. */
  readonly title: string;
  /** The Markdown file, by its path in the repository. */
  readonly file: string;
}

export interface Section {
  readonly title: string;
  readonly pages: readonly Page[];
}

const doc = (title: string, name: string): Page => ({ title, file: `docs/${name}.md` });

export const SECTIONS: readonly Section[] = [
  {
    title: 'Deploy',
    pages: [
      doc('Detection', 'detection'),
      doc('Repositories', 'repositories'),
      doc('Git hosts and triggers', 'git'),
      doc('Command line', 'cli'),
      doc('Continuous integration', 'ci'),
      doc('Notifications', 'notifications'),
      doc('Caches and files', 'caches'),
      doc('Network of builds', 'build-network'),
    ],
  },
  {
    title: 'Publish',
    pages: [
      doc('Sites', 'sites'),
      doc('Sites with a server', 'server-sites'),
      doc('Size budgets', 'size-budgets'),
      doc('Update feeds', 'update-feeds'),
      doc('Provenance', 'provenance'),
      doc('Pictures of sites', 'pictures'),
    ],
  },
  {
    title: 'Operate',
    pages: [
      doc('Self-hosting', 'self-hosting'),
      doc('Configuration', 'configuration'),
      doc('Operations', 'operations'),
      doc('Fleets of runners', 'runners'),
      doc('Scale', 'scale'),
      doc('Backup', 'backup'),
      doc('Monitoring', 'monitoring'),
      doc('Malware scan', 'malware-scan'),
      doc('Limits', 'limits'),
      doc('Security', 'security'),
    ],
  },
  {
    title: 'Reference',
    pages: [
      doc('API', 'api'),
      { title: 'Builder images', file: 'builder-images/README.md' },
      { title: 'Changelog', file: 'CHANGELOG.md' },
    ],
  },
  {
    title: 'Contribute',
    pages: [
      { title: 'Your first hour', file: 'CONTRIBUTING.md' },
      doc('Architecture', 'architecture'),
      doc('Style', 'style'),
      doc('Benchmarks', 'benchmarks'),
      doc('Chaos runs', 'chaos'),
    ],
  },
];

/** The start page, by its path in the repository. */
export const START = 'docs-site/index.md';

/** The page that a file becomes, by its path on the site with the extension .md; null if it is none. */
export function pageOf(file: string): string | null {
  if (file === START) return 'index.md';
  if (!SECTIONS.some(({ pages }) => pages.some((page) => page.file === file))) return null;
  const { dir, name } = posix.parse(file);
  return `${(name === 'README' ? dir : name).toLowerCase()}.md`;
}

/**
 * The target of a link, as the site needs it. Files link to each other by their paths in the repository; pages lie beside each
 * other on the site.
 * @param file - the file with the link, by its path in the repository
 */
export function linkOnSite(file: string, href: string): string {
  const [path = '', fragment] = href.split('#', 2);
  if (path === '' || /^[a-z]+:|^\//i.test(path)) return href;
  const page = pageOf(posix.join(posix.dirname(file), path));
  if (page === null) return href;
  return `/${page}${fragment === undefined ? '' : `#${fragment}`}`;
}

/** The id of a heading, as GitHub makes it: letters, digits, `-` and `_` stay, a space becomes `-`. */
export const headingId = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

/** What is wrong with the navigation, a line per finding: files of docs/ that are missing in it, or no longer exist. */
export function navigationProblems(docs: readonly string[]): string[] {
  const listed = SECTIONS.flatMap(({ pages }) => pages.map(({ file }) => file));
  return [
    ...docs.filter((file) => !listed.includes(file)).map((file) => `${file} is not in the navigation`),
    ...listed
      .filter((file) => file.startsWith('docs/') && !docs.includes(file))
      .map((file) => `${file} is in the navigation, but does not exist`),
  ];
}
