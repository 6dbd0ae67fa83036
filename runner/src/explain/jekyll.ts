/** Jekyll: what its templates and its configuration lack, in builds that can't install gems. */
import { byRules, group } from './rule.ts';

export const explainJekyll = byRules([
  {
    when: /^\s{0,40}Error: (?<why>cannot load such file -- (?<gem>[\w./-]{1,100}))$/,
    say: (found) => group(found, 'why'),
    hint: (found) =>
      `The image has no gem ${group(found, 'gem')}, and builds can’t install gems. Remove what requires it, or set an image that has it.`,
  },
  {
    when: /^\s{0,40}Liquid Exception: (?<why>.{0,200}\bUnknown tag '(?<tag>[\w-]{1,60})'.{0,200})/,
    say: (found) => group(found, 'why'),
    hint: (found) =>
      `No plugin that is loaded defines the tag ${group(found, 'tag')}. Name its plugin in _config.yml if the image has it, or remove the tag.`,
  },
  {
    when: /^\s{0,40}Liquid Exception: (?<why>Could not (?:locate|find) .{1,400})/,
    say: (found) => group(found, 'why'),
    hint: 'The file is not in the source. Check its name, in which upper and lower case count, and that it is committed.',
  },
  {
    when: /^\s{0,40}Liquid Exception: (?<why>No repo name found\..{0,300})/,
    say: (found) => group(found, 'why'),
    hint: 'jekyll-github-metadata asks GitHub for the repository, which builds can’t reach. Remove the plugin and what uses site.github.',
  },
  {
    when: /^\s{0,40}Liquid Exception: (?<why>\S.{0,400})/,
    say: (found) => group(found, 'why'),
    hint: 'Liquid can’t render the page that the message names. Fix the template, or put {% raw %} around what is no template.',
  },
  {
    when: /^\s{0,40}Error: \(<unknown>\): (?<why>\S.{0,300})/,
    say: (found) => `_config.yml: ${group(found, 'why')}`,
    hint: '_config.yml is no valid YAML at the location shown. Quotation marks and indentation matter.',
  },
  {
    when: /^\s{0,40}Invalid Markdown processor given: (?<name>[\w-]{1,60})/,
    say: (found) => found.match[0].trim(),
    hint: (found) =>
      `Jekyll 4 has no Markdown processor ${group(found, 'name')}. Set markdown to kramdown in _config.yml.`,
  },
]);
