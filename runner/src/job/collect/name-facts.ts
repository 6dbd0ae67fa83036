/** Facts from the path of an artifact: build tools encode them in names and folders. */

/** Facts for the artifact's `meta`; each is left out where the path does not say it. */
export type NameFacts = Readonly<
  Partial<{
    /** `android`, `linux`, `windows` or `macos`. */
    platform: string;
    /** `apk`, `aab`, `deb`, `AppImage` and so on. */
    format: string;
    /** An ABI of Android's, such as `arm64-v8a`, or `universal`. */
    abi: string;
    /** `x64`, `arm64`, `ia32` or `armv7l`. */
    arch: string;
    flavor: string;
    /** `release` or `debug`. */
    variant: string;
    /** False where the name says so; a name that says nothing leaves it open. */
    signed: boolean;
  }>
>;

const FORMATS: ReadonlyMap<string, readonly [format: string, platform: string | null]> = new Map([
  ['apk', ['apk', 'android']],
  ['aab', ['aab', 'android']],
  ['deb', ['deb', 'linux']],
  ['rpm', ['rpm', 'linux']],
  ['appimage', ['AppImage', 'linux']],
  ['snap', ['snap', 'linux']],
  ['flatpak', ['flatpak', 'linux']],
  ['exe', ['exe', 'windows']],
  ['msi', ['msi', 'windows']],
  ['dmg', ['dmg', 'macos']],
  ['pkg', ['pkg', 'macos']],
  ['zip', ['zip', null]],
  ['gz', ['tar.gz', null]],
]);

const PLATFORMS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[-_.])(?:linux|gnu)(?=[-_.\d]|$)/i, 'linux'],
  [/(?:^|[-_.])(?:darwin|mac|macos|osx)(?=[-_.\d]|$)/i, 'macos'],
  [/(?:^|[-_.])(?:win|windows|win32|win64)(?=[-_.\d]|$)/i, 'windows'],
];
const ARCHES: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[-_.])(?:x64|amd64|x86_64)(?=[-_.]|$)/i, 'x64'],
  [/(?:^|[-_.])(?:arm64|aarch64)(?=[-_.]|$)/i, 'arm64'],
  [/(?:^|[-_.])(?:armv7l?|armhf)(?=[-_.]|$)/i, 'armv7l'],
  [/(?:^|[-_.])(?:ia32|i[36]86|x86)(?=[-_.]|$)/i, 'ia32'],
];
const ABI = /(?:^|-)(arm64-v8a|armeabi-v7a|x86_64|x86|universal)(?=-|$)/;

/** The facts that a path, relative to the root directory, gives. */
export function factsOfPath(path: string): NameFacts {
  const folders = path.split('/').slice(-12);
  const name = folders.pop()?.slice(0, 255) ?? '';
  const dot = name.lastIndexOf('.');
  const known = FORMATS.get(name.slice(dot + 1).toLowerCase());
  const stem = dot <= 0 ? name : name.slice(0, dot);
  if (known?.[1] === 'android')
    return { platform: 'android', format: known[0], ...androidFacts(stem, folders) };
  const platform = known?.[1] ?? firstOf(PLATFORMS, name);
  const arch = firstOf(ARCHES, stem);
  return {
    ...(platform === null ? {} : { platform }),
    ...(known === undefined ? {} : { format: known[0] }),
    ...(platform === null || arch === null ? {} : { arch }),
  };
}

const firstOf = (table: readonly (readonly [RegExp, string])[], name: string): string | null =>
  table.find(([pattern]) => pattern.test(name))?.[1] ?? null;

/**
 * `app-free-arm64-v8a-release-unsigned`, below `apk/free/release` or `bundle/freeRelease`: Gradle names files by
 * flavor, ABI and build type.
 */
function androidFacts(stem: string, folders: readonly string[]): NameFacts {
  const abi = ABI.exec(stem)?.[1];
  const variant =
    /-(release|debug)(?=-|$)/.exec(stem)?.[1] ?? folders.find((name) => /^(?:release|debug)$/.test(name));
  const flavor = flavorIn(stem, folders, abi);
  return {
    ...(abi === undefined ? {} : { abi }),
    ...(flavor === null ? {} : { flavor }),
    ...(variant === undefined ? {} : { variant }),
    ...(/-unsigned(?=-|$)/.test(stem) ? { signed: false } : {}),
  };
}

function flavorIn(stem: string, folders: readonly string[], abi: string | undefined): string | null {
  const top = folders.lastIndexOf('apk');
  const folder = top === -1 ? undefined : folders[top + 1];
  if (folder !== undefined && folders.length > top + 2) return folder;
  const bundle = folders[folders.lastIndexOf('bundle') + 1];
  if (folders.includes('bundle') && bundle !== undefined)
    return /^(\w{1,60})(?:Release|Debug)$/.exec(bundle)?.[1] ?? null;
  // Flutter puts all of them into one folder.
  if (!folders.includes('flutter-apk')) return null;
  const parts = abi === undefined ? stem : stem.replace(`-${abi}`, '');
  return /^app-(\w{1,60})-(?:release|debug)$/.exec(parts)?.[1] ?? null;
}

/** How far down the list an artifact belongs; what most people want to install comes first. */
export function rankOf(path: string): number {
  const { platform, format, abi, variant, signed } = factsOfPath(path);
  if (platform !== 'android') return 0;
  const isPlain = abi === undefined || abi === 'universal';
  const byForm = format === 'aab' ? 3 : isPlain ? 0 : abi === 'arm64-v8a' ? 1 : 2;
  return byForm + (signed === false ? 10 : 0) + (variant === 'debug' ? 20 : 0);
}
