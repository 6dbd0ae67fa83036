/** Addresses of the public pages of an app, as paths. */

export const pagePath = (slug: string) => `/a/${slug}`;

/** All of one version: every file, and its release notes. */
export const versionPath = (slug: string, deploymentId: string) => `/a/${slug}/versions/${deploymentId}`;

/** The icon of a version's own build. */
export const iconPath = (slug: string, deploymentId: string) => `${versionPath(slug, deploymentId)}/icon`;

export const filePath = (deploymentId: string, name: string) =>
  `/dl/${deploymentId}/${encodeURIComponent(name)}`;

/** The picture that a link to a page shows, in the app's color. It depends on nothing else, so it has no slug in it. */
export const cardPath = (hue: number) => `/a/-/card/${hue}.png`;
