/** Node versions as version managers write them. */
import semver from 'semver';

/** The code names of the lines with long-term support (nvm's `lts/...`; the list is Node's release schedule). */
const CODE_NAMES: Readonly<Record<string, string>> = {
  argon: '4',
  boron: '6',
  carbon: '8',
  dubnium: '10',
  erbium: '12',
  fermium: '14',
  gallium: '16',
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
};

/** Words of version managers for what is newest. */
const NEWEST = new Set(
  ['node', 'node/*', 'stable', 'unstable', 'latest', 'current', 'default', '*', 'x'].concat([
    'lts',
    'lts/*',
    'lts/latest',
    'lts-latest',
    'lts_latest',
    '--lts',
  ]),
);

/**
 * The range of semver for a version, a range, or an alias of nvm, fnm, n, asdf or mise; null for anything else. The
 * newest is `*`.
 */
export function nodeRange(asked: string): string | null {
  const word = asked.trim().toLowerCase();
  if (NEWEST.has(word)) return '*';
  const line = lineOf(word.replace(/^lts[/-](?=[a-z-])/, '').replace(/^latest[:-]/, ''));
  return semver.validRange(line, { loose: true });
}

/** The major of a line with long-term support: by its code name, or counted back from the newest (`lts/-1` of nvm). */
function lineOf(word: string): string {
  const [, back] = /^-([1-9])$/.exec(word) ?? [];
  const line =
    back === undefined
      ? Object.hasOwn(CODE_NAMES, word) && CODE_NAMES[word]
      : Object.values(CODE_NAMES).at(-1 - Number(back));
  return line || word;
}
