/** The Flutter release that a project asks for. Pure. */

/**
 * @typedef {{ numbers: number[], preview: string | null }} Version
 * @typedef {{ hash: string, channel: string, version: string, archive: string, sha256: string }} Release
 * @typedef {{ current_release: Record<string, string>, releases: Release[] }} Index
 */

/**
 * Major, minor, patch, and the part after a hyphen; null if it is not a version.
 * @param {string} text
 * @returns {Version | null}
 */
function parsed(text) {
  const [, major, minor, patch, preview] =
    /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[+.]hotfix[.\d]*)?(?:-([\w.-]+))?(?:\+[\w.]+)?$/.exec(text) ?? [];
  return major === undefined
    ? null
    : { numbers: [Number(major), Number(minor ?? 0), Number(patch ?? 0)], preview: preview ?? null };
}

/**
 * Less than zero if `a` comes before `b`; a preview comes before its release.
 * @param {Version} a
 * @param {Version} b
 */
function compare(a, b) {
  for (const index of [0, 1, 2]) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.preview === b.preview) return 0;
  if (a.preview === null || b.preview === null) return a.preview === null ? 1 : -1;
  return a.preview.localeCompare(b.preview, 'en', { numeric: true });
}

/** @type {Record<string, (order: number) => boolean>} */
const TESTS = {
  '>=': (order) => order >= 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '<': (order) => order < 0,
  '=': (order) => order === 0,
};

/**
 * Whether a version satisfies one part of a constraint (https://dart.dev/tools/pub/dependencies#version-constraints).
 * @param {Version} version
 * @param {string} part
 */
function keepsTo(version, part) {
  const [, sign = '=', text] = /^(>=|<=|>|<|=|\^)?(.+)$/.exec(part) ?? [];
  const bound = parsed(text ?? '');
  if (bound === null) return false;
  if (sign !== '^') return TESTS[sign]?.(compare(version, bound)) === true;
  const [major = 0, minor = 0] = bound.numbers;
  const next = { numbers: major > 0 ? [major + 1, 0, 0] : [0, minor + 1, 0], preview: null };
  return compare(version, bound) >= 0 && compare(version, next) < 0;
}

/**
 * The release for a project's request: a channel (`stable`, `beta`), a version (`3.35.1`, `v3.35.1`, or FVM's
 * `3.35.1@beta`), or a constraint, for which it is the newest stable one.
 * @param {Index} index Flutter's list of releases for Linux, the newest first
 * @param {string} asked
 * @returns {Release} as in the list
 * @throws {Error} if there is none
 */
export function chooseRelease(index, asked) {
  const { releases, current_release: current } = index;
  const wanted = asked.trim();
  if (Object.hasOwn(current, wanted)) {
    const release = releases.find(({ hash, channel }) => hash === current[wanted] && channel === wanted);
    if (release !== undefined) return release;
  }
  const [text = '', channel] = wanted.split('@');
  const exact = releases.filter((release) => release.version.replace(/^v/, '') === text.replace(/^v/, ''));
  const found = exact.find((release) => release.channel === (channel ?? 'stable')) ?? exact[0];
  if (found !== undefined) return found;
  const parts = wanted.replaceAll(/(>=|<=|>|<|=|\^)\s+/g, '$1').split(/\s+/);
  const fitting = releases
    .filter((release) => release.channel === 'stable')
    .flatMap((release) => {
      const version = parsed(release.version);
      return version !== null && parts.every((part) => keepsTo(version, part)) ? [{ release, version }] : [];
    })
    .sort((a, b) => compare(b.version, a.version));
  if (/^[<>=^]/.test(wanted) && fitting[0] !== undefined) return fitting[0].release;
  throw new Error(`Flutter has no release ${wanted} for Linux`);
}
