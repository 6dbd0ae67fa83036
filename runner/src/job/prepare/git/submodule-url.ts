/** Where a submodule may be fetched from: the host of the repository that names it, and nowhere else. Pure. */

/** `user@host:path`, as scp and Git write it; what begins with `//` after the colon would be a URL's rest. */
const SCP = /^[\w.-]+@([\w.-]+):(?!\/\/)\/?(.+)$/;

/**
 * Reads the URL of a submodule as `.gitmodules` has it (gitmodules(5)): relative to its repository's own, https, or one
 * of the two ways to write SSH, which is read as https, since the same repository is there and no key is here. Whatever
 * the spelling, it has to be of the repository's own origin.
 * @param parent the URL of the repository, as it was checked.
 * @returns null for any other.
 */
export function submoduleUrl(text: string, parent: URL): URL | null {
  if (/[\p{Cc}\s\\]/u.test(text)) return null;
  if (/^\.\.?\//.test(text)) return sameOrigin(text, parent, `${parent.href.replace(/\/+$/, '')}/`);
  const scp = SCP.exec(text);
  if (scp !== null)
    return scp[1] === parent.hostname ? sameOrigin(`/${scp[2]}`, parent, parent.origin) : null;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol === 'ssh:') {
    return url.hostname === parent.hostname ? sameOrigin(url.pathname, parent, parent.origin) : null;
  }
  return url.username === '' && url.password === '' ? sameOrigin(url.href, parent) : null;
}

/** A URL of the parent's origin, without what no repository's address has. */
function sameOrigin(text: string, parent: URL, base?: string): URL | null {
  const url = URL.parse(text, base);
  if (url === null || url.origin !== parent.origin) return null;
  url.hash = '';
  url.search = '';
  return url;
}

/** The sections of a `.gitmodules`: for each path its URL. */
export type ModuleUrls = ReadonlyMap<string, string>;

/**
 * Reads what `git config --null --get-regexp` prints of a `.gitmodules`: `key\nvalue\0`, the key being
 * `submodule.NAME.path` or `.url`. Of a value that is set twice the last one counts, as for Git.
 */
export function readModules(output: string): ModuleUrls {
  const paths = new Map<string, string>();
  const urls = new Map<string, string>();
  for (const record of output.split('\0')) {
    const end = record.indexOf('\n');
    const [, name, key] = /^submodule\.(.*)\.(path|url)$/.exec(record.slice(0, Math.max(0, end))) ?? [];
    if (name === undefined) continue;
    (key === 'path' ? paths : urls).set(name, record.slice(end + 1));
  }
  const modules = new Map<string, string>();
  for (const [name, path] of paths) {
    const url = urls.get(name);
    if (url !== undefined) modules.set(path.replace(/\/+$/, ''), url);
  }
  return modules;
}
