/** What of an output folder is not published. Pure. */

/** What a project may ask for in `appflux.json`, under `site`. */
export interface PublishWishes {
  readonly dotfiles: boolean;
  readonly sourceMaps: boolean;
}

/** Why something is not published. The texts are for the log, in the plural. */
export type LeftOut =
  | 'hidden files'
  | 'source maps'
  | 'repositories'
  | 'files of an operating system'
  | 'files with secrets'
  | 'rules of the site'
  | 'server code'
  | 'files of the source';

/** Metadata of version control systems. */
const REPOSITORIES: ReadonlySet<string> = new Set(['.git', '.hg', '.svn']);

/** What file managers leave in folders: macOS writes `.DS_Store` and `._*`, Windows `Thumbs.db` and `desktop.ini`. */
const LITTER = /^(?:\.DS_Store|\._.*|__MACOSX|Thumbs\.db|desktop\.ini)$/i;

/** Variables and passwords: nobody who asks for hidden files means these. */
const SECRETS = /^(?:\.env(?:\..*)?|\.npmrc|\.netrc|\.git-credentials|\.htpasswd|\.ssh|\.aws)$/;

/** Files at the site's top that configure its host, and are read rather than served. */
export const RULE_FILES = ['_headers', '_redirects', 'vercel.json', 'netlify.toml'] as const;

/** Code for the servers of Cloudflare Pages, which is not for visitors. */
const SERVER_CODE: ReadonlySet<string> = new Set(['_worker.js', '_routes.json']);

/** Bundlers name a source map after its file. Other files that end in `.map`, such as levels of games, are published. */
const SOURCE_MAP = /\.(?:[cm]?js|css|wasm)\.map$/i;

/**
 * Why a file or folder of an output folder is not published; null if it is. Takes its path inside the folder, and
 * whether the folder is the source as it is, which no build has made.
 */
export function leftOutBecause(inside: string, wishes: PublishWishes, isSource: boolean): LeftOut | null {
  const name = inside.slice(inside.lastIndexOf('/') + 1);
  if (REPOSITORIES.has(name)) return 'repositories';
  if (LITTER.test(name)) return 'files of an operating system';
  if (SECRETS.test(name)) return 'files with secrets';
  if (name.startsWith('.') && name !== '.well-known' && !wishes.dotfiles) return 'hidden files';
  if (SOURCE_MAP.test(name) && !wishes.sourceMaps) return 'source maps';
  if ((RULE_FILES as readonly string[]).includes(inside)) return 'rules of the site';
  if (SERVER_CODE.has(inside)) return 'server code';
  if (isSource && (name === 'node_modules' || inside === 'appflux.json')) return 'files of the source';
  return null;
}
