import type { Creator } from '@appflux/protocol';

/** Who or what created a deployment, as text. */
export function creatorName({ kind, name }: Creator): string {
  const words: Readonly<Record<Creator['kind'], string>> = {
    user: name,
    token: `API token ${name}`,
    hook: `Deploy hook ${name}`,
    github: `${name} on GitHub`,
    git: name,
    schedule: `Schedule ${name}`,
  };
  return words[kind];
}
