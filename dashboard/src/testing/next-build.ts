/** A later version, or another language, of a build of the dashboard: the same code in files of other names. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { versionOf } from '../lib/offline/versions.ts';

interface Changes {
  /** The version of the copy. */
  version: string;
  /** The folder of its hashed files within `_appflux`; none by default. */
  folder?: string;
}

const TEXT = /\.(?:js|css|html|json)$/;

/** Copies a build into a folder, as a version whose hashed files all have other names. */
export async function nextBuild(build: string, into: string, { version, folder }: Changes): Promise<void> {
  const index = await readFile(join(build, 'index.html'), 'utf8');
  const before = versionOf(index);
  if (before === null) throw new Error('The build has no version.');
  const app = folder === undefined ? '_appflux' : `_appflux/${folder}`;
  await rm(into, { recursive: true, force: true });
  await cp(build, into, { recursive: true });
  await rm(join(into, '_appflux'), { recursive: true });
  const files = (await readdir(join(build, '_appflux'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(build, '_appflux').length + 1));
  const renamed = (name: string) => name.replace(/(\.\w+)$/, `-${version}$1`);
  const names = files.filter((file) => file.startsWith('immutable/')).map((file) => basename(file));
  const pattern = new RegExp(names.map((name) => RegExp.escape(name)).join('|'), 'g');
  const changed = (text: string) =>
    text
      .replace(pattern, renamed)
      .replaceAll(before, version)
      .replaceAll('_appflux/immutable', `${app}/immutable`)
      .replaceAll('_appflux/version.json', `${app}/version.json`);
  for (const file of files) {
    const to = join(into, app, file.startsWith('immutable/') ? renamed(file) : file);
    await mkdir(dirname(to), { recursive: true });
    const content = await readFile(join(build, '_appflux', file));
    await writeFile(to, TEXT.test(file) ? changed(content.toString()) : content);
  }
  for (const file of ['index.html', 'service-worker.js'])
    await writeFile(join(into, file), withHashes(changed(await readFile(join(build, file), 'utf8'))));
}

/** A page whose Content Security Policy allows its inline scripts as they are now. */
function withHashes(html: string): string {
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => script);
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return html.replace(/(script-src 'self')(?: 'sha256-[^']+')*/, ['$1', ...hashes].join(' '));
}
