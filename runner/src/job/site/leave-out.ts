/** What of an output folder is not published. Pure. */
import { SITE_RULE_FILES } from '@appflux/detection';
import type { SiteSettings } from '@appflux/protocol';

/** Why something is not published. The texts are for the log, in the plural. */
export type LeftOut =
  | 'hidden files'
  | 'source maps'
  | 'repositories'
  | 'files of an operating system'
  | 'files with secrets'
  | 'server code'
  | 'files of the source'
  | 'links that lead nowhere';

/** Metadata of version control systems. */
const REPOSITORIES: ReadonlySet<string> = new Set(['.git', '.hg', '.svn']);

/** What file managers leave in folders: macOS writes `.DS_Store` and `._*`, Windows `Thumbs.db` and `desktop.ini`. */
const LITTER = /^(?:\.DS_Store|\._.*|__MACOSX|Thumbs\.db|desktop\.ini)$/i;

/** Variables and passwords: nobody who asks for hidden files means these. */
const SECRETS = /^(?:\.env(?:\..*)?|\.npmrc|\.netrc|\.git-credentials|\.htpasswd|\.ssh|\.aws)$/;

/** Code for the servers of Cloudflare Pages, which is not for visitors. */
const SERVER_CODE: ReadonlySet<string> = new Set(['_worker.js', '_routes.json']);

/** Bundlers name a source map after its file. Other files that end in `.map`, such as levels of games, are published. */
const SOURCE_MAP = /\.(?:[cm]?js|css|wasm)\.map$/i;

const RULES: readonly string[] = [...SITE_RULE_FILES.output, ...SITE_RULE_FILES.source];

/** Whether a file at the site's top configures its host: it is read, and not published. */
export const isRuleFile = (inside: string): boolean => RULES.includes(inside);

/**
 * Why a file or folder of an output folder is not published; null if it is. Takes its path inside the folder, what the
 * project asks for, and whether the folder is the source as it is, which no build has made.
 */
export function leftOutBecause(inside: string, settings: SiteSettings, isSource: boolean): LeftOut | null {
  const name = inside.slice(inside.lastIndexOf('/') + 1);
  if (REPOSITORIES.has(name)) return 'repositories';
  if (LITTER.test(name)) return 'files of an operating system';
  if (SECRETS.test(name)) return 'files with secrets';
  if (name.startsWith('.') && name !== '.well-known' && settings.dotfiles !== true) return 'hidden files';
  if (SOURCE_MAP.test(name) && settings.sourceMaps !== true) return 'source maps';
  if (SERVER_CODE.has(inside)) return 'server code';
  if (isSource && (name === 'node_modules' || inside === 'appflux.json')) return 'files of the source';
  return null;
}
