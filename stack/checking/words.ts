/** Phrases that docs/style.md replaces and that have no good use: finds them in the text that people read. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Phrase {
  readonly pattern: RegExp;
  /** What to write instead. */
  readonly instead: string;
}

/** A space, or a line break inside a paragraph or comment. */
const GAP = String.raw`(?:[ \t]+|[ \t]*\n[ \t]*(?:\*|//|#|>)?[ \t]*)`;

const GAPS = new RegExp(GAP, 'g');

/** A space in the pattern also matches a line break. */
const phrase = (pattern: string, instead: string): Phrase => ({
  pattern: new RegExp(pattern.replaceAll(' ', GAP), 'gi'),
  instead,
});

// Negative lookarounds keep good English: macOS's Gatekeeper, "told apart", "an average taken over all rounds".
const PHRASES: readonly Phrase[] = [
  phrase('(?<!book|gate|zoo|house|time|shop|goal)keepers?\\b', '"store" or "backend"'),
  // "Front door" is what operators call the proxy before a server.
  phrase('(?<!front(?: |-))\\bdoors?\\b', '"endpoint" or "entry point"'),
  phrase('\\b(?:is|are|was|were|be|been) told\\b(?! apart)', '"is notified" or "receives"'),
  phrase('\\bchores?\\b', '"pending task"'),
  phrase('\\banew\\b', '"again"'),
  phrase('\\bonce more\\b(?! than)', '"again"'),
  phrase('\\bmade again\\b', '"rebuilt" or "recreated"'),
  phrase('\\bwho(?:m|so)?ever\\b', '"anyone who"'),
  phrase('\\bwhatever may\\b', '"any"'),
  phrase('\\btaken over\\b(?! (?:all|each|every|several|many|the last|\\d))', '"reused" or "replaced"'),
  phrase('(?<!\\b(?:memory|heap|space|disk|time|quota) )\\b(?:has|have|had) run out(?! of)\\b', '"expired"'),
  phrase('\\bfor good\\b(?! (?:measure|reasons?|performance|practice))', '"permanently"'),
  phrase('\\bat once\\b', '"immediately", "at a time" or "at the same time"'),
  phrase('\\be-mails?\\b', '"email"'),
  phrase('\\bby hand\\b(?!-)', '"manually"'),
  phrase('\\blook into\\b', '"check"'),
  phrase(
    '\\bdrawn from\\b(?! (?:an? |the )?(?:distribution|population|sample|random|seed))',
    '"generated from" or "derived from"',
  ),
  phrase('\\b(?:is|are|was|were) not good\\b(?! (?:at|enough|for))', '"invalid"'),
  phrase('\\bmakes no sense\\b', '"can\'t be processed"'),
];

/** What people write, as opposed to what a program or someone else wrote. */
const READ =
  /\.(?:ts|mjs|svelte|md|sh|toml|sql|css|html)$|(?:^|\/)Dockerfile(?:\.[a-z]+)?$|(?:^|\/)package\.json$/;
/** Without an extension: a script if its first line names an interpreter. */
const MAYBE_SCRIPT = /(?:^|\/)[^./]+$/;
const NOT_OURS = /(?:^|\/)(?:fixtures|fixture|recorded)\//;
/** Files that contain the phrases on purpose. */
const ABOUT_WORDS = new Set(['docs/style.md', 'stack/checking/words.ts', 'stack/checking/words.test.ts']);

/** Names of columns that instances have stored, by the file that reads them. */
const STORED: ReadonlyMap<string, string> = new Map([['edge/src/deployment/timers.ts', 'chore']]);

export interface Finding {
  /** 1 is the first line. */
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

/** A link's target is not our text. Blanked rather than removed, so that positions stay. */
const URLS = /\bhttps?:\/\/[^\s)>\]"'`]+/g;

/** The phrases in a text, in its order, those that are broken over two lines included. */
export function findPhrases(text: string): Finding[] {
  const ours = text.replaceAll(URLS, (url) => '_'.repeat(url.length));
  return PHRASES.flatMap(({ pattern, instead }) =>
    [...ours.matchAll(pattern)].map((match) => ({ at: match.index, found: match[0], instead })),
  )
    .sort((one, other) => one.at - other.at)
    .map(({ at, found, instead }) => ({
      line: ours.slice(0, at).split('\n').length,
      found: found.replaceAll(GAPS, ' '),
      instead,
    }));
}

/** Whether the words of a file are checked, by its path in the checkout and its content. */
export const isChecked = (path: string, text: string): boolean =>
  (READ.test(path) || (MAYBE_SCRIPT.test(path) && text.startsWith('#!'))) &&
  !NOT_OURS.test(path) &&
  !ABOUT_WORDS.has(path);

/**
 * Checks the files of a checkout, given by their paths in it.
 * @returns a line per finding: `path:line: "phrase": write …`
 */
export async function checkWords(root: string, files: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const path of files.filter((path) => READ.test(path) || MAYBE_SCRIPT.test(path))) {
    const text = await readFile(join(root, path), 'utf8');
    if (!isChecked(path, text)) continue;
    for (const { line, found, instead } of findPhrases(text)) {
      if (STORED.get(path) === found) continue;
      lines.push(`${path}:${line}: "${found}": write ${instead} (docs/style.md)`);
    }
  }
  return lines;
}
