/**
 * The runtime version of an Expo app: what native code its updates need.
 * Source: https://docs.expo.dev/eas-update/runtime-versions/. Pure.
 */
import { type ExpoPlatform, RuntimeVersion } from '@appflux/protocol';

/** An object of a config, whose members may be anything. */
export type Config = Readonly<Record<string, unknown>>;

/** Versions that Expo assumes where the config has none. */
const DEFAULT_VERSION = '1.0.0';
const DEFAULT_BUILD = '1';

export type ResolvedVersion =
  | { readonly ok: true; readonly runtimeVersion: string }
  | { readonly ok: false; readonly problem: string };

/**
 * The runtime version for a platform.
 * @param resolved what `expo-updates runtimeversion:resolve` has printed, if the build has run it.
 * @param config the public app config.
 */
export function runtimeVersionOf(
  platform: ExpoPlatform,
  { resolved, config }: { readonly resolved: Config | null; readonly config: Config | null },
): ResolvedVersion {
  const byTool = RuntimeVersion.safeParse(resolved?.runtimeVersion);
  if (byTool.success) return { ok: true, runtimeVersion: byTool.data };
  if (config === null) return { ok: false, problem: 'there is neither expoConfig.json nor app.json.' };
  const own = tableAt(config, platform);
  const setting = own?.runtimeVersion ?? config.runtimeVersion;
  const computed = typeof setting === 'string' ? setting : byPolicy(policyOf(setting), platform, config);
  const version = RuntimeVersion.safeParse(computed);
  if (version.success) return { ok: true, runtimeVersion: version.data };
  return {
    ok: false,
    problem:
      setting === undefined
        ? 'the app config has no runtimeVersion.'
        : `the runtime version can’t be computed from the app config. Let the build write it: npx expo-updates runtimeversion:resolve --platform ${platform} > runtime-version.${platform}.json in the output folder.`,
  };
}

function byPolicy(policy: string | null, platform: ExpoPlatform, config: Config): string | null {
  const version = textOf(config.version) ?? DEFAULT_VERSION;
  if (policy === 'appVersion') return version;
  if (policy === 'nativeVersion') {
    const own = tableAt(config, platform);
    const build = platform === 'android' ? own?.versionCode : own?.buildNumber;
    return `${version}(${textOf(build) ?? DEFAULT_BUILD})`;
  }
  const sdk = textOf(config.sdkVersion);
  return policy === 'sdkVersion' && sdk !== null ? `exposdk:${sdk}` : null;
}

const policyOf = (setting: unknown): string | null => textOf(asTable(setting)?.policy);

const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;

const tableAt = (config: Config, key: string): Config | null => asTable(config[key]);

/** A value as a config, if it is an object. */
export const asTable = (value: unknown): Config | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Config) : null;
