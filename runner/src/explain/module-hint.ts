/** What to do about an import that leads nowhere: the commonest failure of all, in the words of every bundler. Pure. */

/** What to do about a package whose files are missing: one of the same workspace makes them by its own build. */
export const siblingHint = (name: string): string =>
  `If ${name} is a package of this workspace, its own build makes that file and has to run first. Set the build command to, for example, \`npm run build -w ${name} && npm run build\`, or use Turborepo, Nx or \`pnpm --filter "APP..." build\`, which build siblings first.`;

/** @param name what was imported, as it is written in the source. */
export function moduleHint(name: string): string {
  if (name.startsWith('.') || name.startsWith('/')) {
    return 'The file is not in the source. Check its name, which is case-sensitive on Linux, and that it is committed and not in .gitignore.';
  }
  if (/^(?:@|~|#|\$)\//.test(name) || name.startsWith('~') || name.startsWith('$lib')) {
    return `${name} uses an alias. Check that the build configures the alias, too (paths in tsconfig.json, resolve.alias of the bundler), and the case of the file name.`;
  }
  const parts = name.split('/');
  const wanted = parts.slice(0, name.startsWith('@') ? 2 : 1).join('/');
  return `Add ${wanted} to the dependencies of package.json and commit the lockfile.`;
}
