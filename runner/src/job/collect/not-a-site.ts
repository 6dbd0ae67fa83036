/** Explains why an output is not a site. Pure. */
import { listed, quoted } from '@appflux/protocol';
import { own, say, type Text } from '../../masking/sentence.ts';

/**
 * Why a folder without `index.html` at its top is no site, with what is there instead. Takes the folder's path and the
 * paths of its files inside it.
 */
export function noStartPage(folder: string, paths: readonly string[]): Text {
  const pages = paths
    .filter((path) => /(?:^|\/)index\.html$/.test(path))
    .sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
  const top = pages[0];
  const place =
    top === undefined
      ? undefined
      : `${folder === '.' ? '' : `${folder}/`}${top.slice(0, -'/index.html'.length)}`;
  const others = paths.filter((path) => !path.includes('/') && /\.html?$/i.test(path));
  const found =
    place !== undefined
      ? say` ${quoted(place)} has one: if that is the site, set outputs to it.`
      : others.length > 0
        ? say` It has ${listed(others)}: name the start page index.html, in lower case.`
        : own(' If the site is in another folder, set outputs.');
  return say`Warning: ${quoted(folder)} has no index.html, so it is delivered as a ZIP and not published as a site.${found} A server is only published where detection recognizes it.`;
}

const depthOf = (path: string): number => path.split('/').length;

/** Why single files are no site. */
export const noFolder = (paths: readonly string[]): Text =>
  say`Warning: ${listed(paths)} ${own(paths.length === 1 ? 'is not a folder' : 'are not folders')} with index.html, and not published as a site.`;
