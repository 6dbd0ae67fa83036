/** Checks that people put into their build: ESLint, Biome, Vitest, Jest. */
import { before, byRules, following, group } from './rule.ts';

export const explainChecks = byRules([
  {
    when: /^\s{1,10}(?<place>\d+:\d+)\s{1,10}error\s{1,10}(?<what>\S.*)/,
    say: (found) => {
      const file = before(found, /^\/?[^\s:]+\.\w{1,8}$/, 200)?.[0];
      const what = group(found, 'what')
        .split(/\s{2,}/)
        .join(' ');
      return `${file === undefined ? '' : `${file}:`}${group(found, 'place')}: ${what}`;
    },
    hint: 'The build command checks the code with ESLint. Fix the reported problems, or run the check outside the build command.',
  },
  {
    // Biome: the place and the rule, then the reason with a cross before it; warnings have another sign.
    when: /^\s{1,4}✖ (?<why>\S.*)/,
    say: (found) => {
      const place = before(
        found,
        /^(?<place>\S{1,200}:\d+:\d+) (?<rule>(?:lint|parse|format|assist)\S*)/,
        3,
      )?.groups;
      return place === undefined
        ? group(found, 'why')
        : `${place.place}: ${group(found, 'why')} (${place.rule})`;
    },
    hint: 'The build command checks the code with Biome. Fix the reported problems, or run the check outside the build command.',
  },
  {
    when: /^\s{0,2}FAIL\s{1,4}(?<what>\S.*)/,
    say: (found) => {
      const why = following(found, /^\s{0,8}(\w*Error: .*)/, 30)?.[1];
      return `${group(found, 'what')} failed${why === undefined ? '' : `: ${why}`}`;
    },
    hint: 'The build command runs tests, and one failed. Fix it, or run tests outside the build command.',
  },
]);
