/** Package URLs (https://github.com/package-url/purl-spec). */
import type { Ecosystem } from './lock-graph.ts';

/** The parts of a package's name: `@scope` of npm, the group of Maven. */
export function namespaceOf(ecosystem: Ecosystem, name: string): { group: string | null; name: string } {
  const separator = ecosystem === 'maven' ? ':' : '/';
  const hasGroup = ecosystem === 'maven' || (ecosystem === 'npm' && name.startsWith('@'));
  const at = hasGroup ? name.indexOf(separator) : -1;
  return at < 1 ? { group: null, name } : { group: name.slice(0, at), name: name.slice(at + 1) };
}

/** The URL of a package, which is the same for the same package in whatever lockfile. */
export function purlOf(ecosystem: Ecosystem, fullName: string, version: string | null): string {
  const { group, name } = namespaceOf(ecosystem, fullName);
  const path = [group, name].filter((part) => part !== null).map(encodeURIComponent);
  const at = version === null ? '' : `@${encodeURIComponent(version)}`;
  return `pkg:${ecosystem}/${path.join('/')}${at}`;
}
