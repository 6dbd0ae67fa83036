/** Nuxt, Parcel, Rspack, Eleventy, Hugo, MkDocs and MDX: the cause stands in words of their own, around those of what they run. */
import { before, byRules, type Found, following, group } from './rule.ts';

const SYNTAX = 'The code can’t be parsed at the location shown. Fix it; the log lines around it show it.';

const MDX =
  'MDX reads "<" as a tag and "{" as code. Close what is open there, or write \\< and \\{ where text is meant.';

/** What encloses the message of a plugin. */
const PLUGIN = /^(?:\w{0,40}Error: )?(?:\[[\w:@/ -]{1,60}\] ){0,2}/;

export const explainSiteTools = byRules([
  {
    when: /^■\s{1,4}Nuxt build error: (?<why>\S.*)/,
    say: (found) => {
      const why = group(found, 'why').replace(PLUGIN, '');
      const place = following(found, /^│\s{1,4}file: (\S+:\d+:\d+)/, 14)?.[1];
      return place === undefined ? why : `${why} (${place})`;
    },
    hint: SYNTAX,
  },
  {
    when: /^@parcel\/(?!resolver)[\w-]{1,60}: (?<why>\S.*)/,
    say: (found) => group(found, 'why'),
    hint: SYNTAX,
  },
  {
    // Rspack and Rsbuild
    when: /Module build failed \(from builtin:swc-loader\)/,
    say: (found) => {
      const file = before(found, /^File: (\S+?)(?::\d+:\d+)?$/, 2)?.[1] ?? '';
      return `${file} ${following(found, /Syntax Error: .*/, 3)?.[0] ?? found.match[0]}`;
    },
    hint: SYNTAX,
  },
  {
    when: /^\[11ty\] (?:1\. )?(?<what>Having trouble \S.{0,300}?)(?: \(via \w+\))?$/,
    say: (found) => {
      const why = following(found, /^\[11ty\] 3\. (\S.*)/, 6) ?? following(found, /^\[11ty\] 2\. (\S.*)/, 4);
      return why === null ? group(found, 'what') : `${group(found, 'what')}: ${why[1]}`;
    },
    hint: 'Eleventy could not render the template. Check the filter, tag or data that the message names.',
  },
  {
    when: /^Error: .{0,200}"(?<place>\/[^"\s:]{1,300}:\d{1,7}:\d{1,7})": (?<why>\S.*)/,
    say: (found) => `${group(found, 'place')}: ${group(found, 'why')}`,
    hint: 'Hugo can’t read the file at the location shown. Fix it.',
  },
  {
    when: /^Error: MkDocs encountered an error parsing the configuration file: /,
    say: (found) =>
      following(found, /^(?:expected|found|could not|did not|mapping values|undefined alias)\b.*/, 8)?.[0] ??
      found.match.input,
    hint: 'mkdocs.yml is no valid YAML at the location shown. Indentation matters.',
  },
  {
    // Docusaurus
    when: /^Error: MDX compilation failed for file "(?<file>[^"]{1,300})"/,
    say: (found) =>
      `${group(found, 'file')}: ${following(found, /^Cause: (\S.*)/, 4)?.[1] ?? 'not valid MDX'}`,
    hint: MDX,
  },
  {
    when: /^\[plugin (?:@mdx-js\/rollup|mdx)\] (?<file>\S{1,300})$/,
    say: (found: Found) => `${group(found, 'file')}:${found.lines[found.index + 1] ?? ''}`,
    hint: MDX,
  },
  { when: /\((?:mdx-\w{1,20}|micromark-extension-mdx[\w-]{1,40}):[\w-]{1,40}\)$/, hint: MDX },
]);
