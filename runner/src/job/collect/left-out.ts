/** What is left out of a folder that is packed as a ZIP. Pure. */

/**
 * A source that is published as it is holds things that were never meant for the public: what is hidden,
 * settings, other people's packages.
 */
export function isPrivate(inside: string): boolean {
  const name = inside.slice(inside.lastIndexOf('/') + 1);
  return (
    (name.startsWith('.') && name !== '.well-known') || name === 'node_modules' || inside === 'appflux.json'
  );
}

/** A repository in what a build made is there by mistake. */
export const isRepository = (inside: string): boolean => /(?:^|\/)\.git$/.test(inside);
