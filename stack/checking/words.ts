/** Phrases that docs/style.md replaces and that have no good use: where they stand in text that people read. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Phrase {
  readonly pattern: RegExp;
  /** What to write instead. */
  readonly instead: string;
}

const phrase = (pattern: string, instead: string): Phrase => ({
  pattern: new RegExp(pattern, 'gi'),
  instead,
});

const PHRASES: readonly Phrase[] = [
  phrase('(?<!book)keepers?\\b', '"store" or "backend"'),
  // "Front door" is what operators call the proxy before a server.
  phrase('(?<!front )\\bdoors?\\b', '"endpoint" or "entry point"'),
  phrase('\\b(?:is|are|was|were|be|been) told\\b', '"is notified" or "receives"'),
  phrase('\\bchores?\\b', '"pending task"'),
  phrase('\\banew\\b', '"again"'),
  phrase('\\bonce more\\b', '"again"'),
  phrase('\\bmade again\\b', '"rebuilt" or "recreated"'),
  phrase('\\bwho(?:m|so)?ever\\b', '"anyone who"'),
  phrase('\\bwhatever may\\b', '"any"'),
  phrase('\\btaken over\\b', '"reused" or "replaced"'),
  phrase('\\b(?:has|have|had) run out(?! of)\\b', '"expired"'),
  phrase('\\bfor good\\b', '"permanently"'),
  phrase('\\bat once\\b', '"immediately" or "at a time"'),
  phrase('\\be-mails?\\b', '"email"'),
  phrase('\\bby hand\\b', '"manually"'),
  phrase('\\blook into\\b', '"check"'),
  phrase('\\bdrawn (?:from|by)\\b', '"generated from" or "derived from"'),
  phrase('\\b(?:is|are|was|were) not good\\b', '"invalid"'),
  phrase('\\bmakes no sense\\b', '"can\'t be processed"'),
];

/** What people write, as opposed to what a program wrote or somebody else did. */
const READ = /\.(?:ts|mjs|svelte|md|sh|toml|sql|css|html)$|(?:^|\/)Dockerfile$|(?:^|\/)package\.json$/;
const NOT_OURS = /(?:^|\/)(?:fixtures|fixture|recorded)\//;
/** Where the phrases themselves stand. */
const ABOUT_WORDS = new Set(['docs/style.md', 'stack/checking/words.ts', 'stack/checking/words.test.ts']);

export interface Finding {
  /** 1 is the first line. */
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

/** The phrases in a text, in its order. */
export function findPhrases(text: string): Finding[] {
  return text
    .split('\n')
    .flatMap((content, index) =>
      PHRASES.flatMap(({ pattern, instead }) =>
        [...content.matchAll(pattern)].map(([found]) => ({ line: index + 1, found, instead })),
      ),
    );
}

/** Whether the words of a file are checked, by its path in the checkout. */
export const isChecked = (path: string): boolean =>
  READ.test(path) && !NOT_OURS.test(path) && !ABOUT_WORDS.has(path);

/**
 * Looks through the files of a checkout, named by their paths in it.
 * @returns a line per finding: `path:line: "phrase": write …`
 */
export async function checkWords(root: string, files: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const path of files.filter(isChecked)) {
    for (const { line, found, instead } of findPhrases(await readFile(join(root, path), 'utf8'))) {
      lines.push(`${path}:${line}: "${found}": write ${instead} (docs/style.md)`);
    }
  }
  return lines;
}
