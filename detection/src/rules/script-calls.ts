/** Scripts of package.json that run other scripts. */
import type { Texts } from '../package-json.ts';

/** Deeper than real scripts nest. */
const MAX_SCRIPTS = 30;

/** `npm run a`, `yarn a`, `run-s a b:*`: the words after a program that runs scripts, up to its first option. */
const CALL =
  /\b(?:npm run|npm-run-all|run-s|run-p|yarn(?: run)?|pnpm(?: run)?|bun run)((?: [\w:.*-]{1,60}){1,20})/g;

/** The text of a script and of all that it runs, one a line, each once. */
export function whatRuns(scripts: Texts, name: string): string {
  const seen = new Set([name]);
  const texts: string[] = [];
  for (const current of seen) {
    const text = scripts[current] ?? '';
    texts.push(text);
    for (const [, words = ''] of text.matchAll(CALL)) {
      for (const word of words.trim().split(' ')) {
        if (seen.size >= MAX_SCRIPTS || word.startsWith('-')) break;
        for (const called of named(scripts, word)) seen.add(called);
      }
    }
  }
  return texts.join('\n');
}

/** The scripts that a word names: one, or with a star at its end all of that beginning. */
function named(scripts: Texts, word: string): string[] {
  if (!word.endsWith('*')) return scripts[word] === undefined ? [] : [word];
  return Object.keys(scripts).filter((name) => name.startsWith(word.slice(0, -1)));
}
