/** The section of a version in a project's change log. Pure. */

/** Names of change logs, in the order in which they are looked for; case does not matter. */
export const CHANGELOG_NAMES = [
  'CHANGELOG',
  'CHANGES',
  'HISTORY',
  'RELEASES',
  'RELEASE_NOTES',
  'NEWS',
].flatMap((name) => [`${name}.md`, `${name}.markdown`, name, `${name}.txt`]);

/** A heading: its level, its text, and where what it is for begins. */
interface Heading {
  readonly level: number;
  readonly text: string;
  readonly line: number;
  readonly contentFrom: number;
}

/**
 * The section of a version in Markdown, without its heading; null when there is none, or nothing is in it. Headings may
 * have the forms of Keep a Changelog (`## [1.2.0] - 2026-11-29`), of conventional-changelog (a link to a comparison, and
 * patches one level lower), of changesets, and of underlined ones. Build metadata of the version is left out where the
 * change log has none.
 */
export function changelogSection(changelog: string, version: string): string | null {
  const lines = changelog.split(/\r\n|\n|\r/);
  const headings = headingsIn(lines);
  for (const wanted of new Set([bare(version), bare(version).replace(/\+.*$/, '')])) {
    const index = headings.findIndex(({ text }) => versionIn(text) === wanted);
    const found = headings[index];
    if (found === undefined) continue;
    const next = headings.slice(index + 1).find((heading) => endsSection(heading, found));
    const section = lines.slice(found.contentFrom, next?.line).join('\n').trim();
    return section === '' ? null : withReferences(section, lines);
  }
  return null;
}

const bare = (version: string): string => version.trim().replace(/^v(?=\d)/i, '');

/** Another version's heading ends a section on whatever level; any other only on the same or a higher one. */
const endsSection = (heading: Heading, section: Heading): boolean =>
  heading.level <= section.level || versionIn(heading.text) !== null;

/** What may stand before the version in a heading: a bracket, a word, the name of a package. */
const VERSION =
  /^(?:[[(*_`\s]*)(?:(?:version|release|ver\.?)\s+|(?:@[\w.-]+\/)?[\w.-]+@(?=v?\d))?[[(*_`\s]*v?(\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.+-]+)?|\d+(?=[\])\s]|$))/i;

/** The version that a heading is about: the first thing in it. */
const versionIn = (heading: string): string | null =>
  VERSION.exec(heading)?.[1]?.replace(/[.-]+$/, '') ?? null;

/** Headings outside of code blocks. A longer line is none. */
function headingsIn(lines: readonly string[]): Heading[] {
  const headings: Heading[] = [];
  let fence: string | null = null;
  for (const [line, text] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(text)?.[1];
    if (mark !== undefined && (fence === null || (mark.startsWith(fence) && text.trim() === mark)))
      fence = fence === null ? mark : null;
    if (fence !== null || text.length > 500) continue;
    const [, marks, content] = /^ {0,3}(#{1,6})[ \t]+(.*)$/.exec(text) ?? [];
    if (marks !== undefined && content !== undefined) {
      headings.push({ level: marks.length, text: content.trim(), line, contentFrom: line + 1 });
      continue;
    }
    const under = /^ {0,3}(=+|-{3,})[ \t]*$/.exec(lines[line + 1] ?? '')?.[1];
    if (under !== undefined && text.trim() !== '' && !/^\s*[-*>|]/.test(text))
      headings.push({ level: under.startsWith('=') ? 1 : 2, text: text.trim(), line, contentFrom: line + 2 });
  }
  return headings;
}

/** The targets of a section's links may be defined at the end of the change log. */
function withReferences(section: string, lines: readonly string[]): string {
  const definitions = lines.filter((line) => {
    const label = /^ {0,3}\[([^\]\n]{1,200})\]:\s*\S/.exec(line)?.[1];
    return label !== undefined && section.includes(`[${label}]`) && !section.includes(line);
  });
  return definitions.length === 0 ? section : `${section}\n\n${definitions.join('\n')}`;
}
