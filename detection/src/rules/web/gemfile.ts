/** Which gems a Gemfile makes plugins of Jekyll. https://jekyllrb.com/docs/plugins/installation/ */

const GEM = /^\s{0,40}gem\s{0,9}\(?\s{0,9}["']([\w.-]{1,100})["']/;
/** Gems of other systems: those of Windows and of Java are in the Gemfile of every new site. */
const OTHER_SYSTEM = /\b(?:platforms?|install_if)\b/;
const PLUGINS = /:jekyll_plugins\b/;
/** What an `end` ends. */
const BLOCK_BEGINS = /^\s*(?:if|unless|case|begin|def)\b|\bdo\b(?:\s{0,9}\|[^|]{0,40}\|)?\s*$/;
const BLOCK_ENDS = /^\s*end\b/;
const MAX_LINE = 1_000;
const MAX_DEPTH = 20;

/** What is said of the gems in a block. */
interface Scope {
  readonly arePlugins: boolean;
  readonly isElsewhere: boolean;
}

/** The gems of the group `jekyll_plugins`, each once. Takes the text of a Gemfile. */
export function jekyllPlugins(gemfile: string): string[] {
  const found = new Set<string>();
  const around: Scope[] = [{ arePlugins: false, isElsewhere: false }];
  for (const line of gemfile.split(/\r?\n/).map((text) => text.replace(/(?:^|\s)#.*$/, ''))) {
    const above = around.at(-1);
    if (above === undefined || around.length > MAX_DEPTH) break;
    if (line.length > MAX_LINE) continue;
    const scope: Scope = {
      arePlugins: above.arePlugins || PLUGINS.test(line),
      isElsewhere: above.isElsewhere || OTHER_SYSTEM.test(line),
    };
    const [, name] = GEM.exec(line) ?? [];
    if (name !== undefined && scope.arePlugins && !scope.isElsewhere) found.add(name);
    else if (BLOCK_BEGINS.test(line)) around.push(scope);
    else if (BLOCK_ENDS.test(line)) around.pop();
  }
  return [...found];
}
