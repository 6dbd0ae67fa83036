/** Which gems a Gemfile makes plugins of Jekyll. https://jekyllrb.com/docs/plugins/installation/ */

const GEM = /^\s{0,40}gem\s{0,9}\(?\s{0,9}["']([\w.-]{1,100})["']/;
/** Gems of other systems: those of Windows and of Java are in the Gemfile of every new site. */
const OTHER_SYSTEM = /\b(?:platforms?|install_if)\b/;
const PLUGINS = /:jekyll_plugins\b/;
const BLOCK_BEGINS = /\bdo\b(?:\s{0,9}\|[^|\n]{0,40}\|)?\s*$/;
const BLOCK_ENDS = /^\s*end\b/;

/** The gems of the group `jekyll_plugins`, each once. Takes the text of a Gemfile. */
export function jekyllPlugins(gemfile: string): string[] {
  const found = new Set<string>();
  /** The lines that began the blocks around a line. */
  const around: string[] = [];
  for (const line of gemfile.split(/\r?\n/).map((text) => text.replace(/(?:^|\s)#.*$/, ''))) {
    if (line.length > 1_000) continue;
    const scope = [...around, line].join('\n');
    const [, name] = GEM.exec(line) ?? [];
    if (BLOCK_BEGINS.test(line)) around.push(line);
    else if (BLOCK_ENDS.test(line)) around.pop();
    else if (name !== undefined && PLUGINS.test(scope) && !OTHER_SYSTEM.test(scope)) found.add(name);
    if (around.length > 20) break;
  }
  return [...found];
}
