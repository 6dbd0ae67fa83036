/**
 * Updates of Expo apps by the protocol Expo Updates, version 1: what a runner publishes of an output of `expo export`, and
 * what the API takes. Source: https://docs.expo.dev/technical-specs/expo-updates-1/
 */
import { z } from 'zod';
import { Environment, Timestamp } from './ids.ts';
import { SitePath } from './site.ts';

/** The platforms of the protocol. */
export const ExpoPlatform = z.enum(['android', 'ios']);
export type ExpoPlatform = z.infer<typeof ExpoPlatform>;

/** What native code an update needs: any text that fits a header. */
export const RuntimeVersion = z
  .string()
  .max(200)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'A runtime version is printable ASCII');

/** How many files an update of one platform can have, beside its bundle. */
export const MAX_EXPO_ASSETS = 5000;

/** A media type without parameters (RFC 6838 §4.2). */
const MediaType = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/i);

/** By what an app's code finds an asset: the MD5 of its content, as Metro computes it. */
const AssetKey = z.string().regex(/^[0-9a-f]{32}$/);

export const ExpoAsset = z.strictObject({
  path: SitePath,
  key: AssetKey,
  contentType: MediaType,
  /** Without a dot; '' if it has none. */
  extension: z
    .string()
    .max(20)
    .regex(/^[A-Za-z0-9]*$/),
});
export type ExpoAsset = z.infer<typeof ExpoAsset>;

/** An update for one platform. */
const ExpoPlatformUpdate = z.strictObject({
  runtimeVersion: RuntimeVersion,
  bundle: z.strictObject({ path: SitePath, key: AssetKey }),
  assets: z.array(ExpoAsset).max(MAX_EXPO_ASSETS),
});
export type ExpoPlatformUpdate = z.infer<typeof ExpoPlatformUpdate>;

/** `meta` of a publication of kind `expo`. */
export const ExpoUpdateMeta = z.strictObject({
  android: ExpoPlatformUpdate.optional(),
  ios: ExpoPlatformUpdate.optional(),
  /** The public app config, which apps read as `Constants.expoConfig`. */
  expoConfig: z.record(z.string(), z.unknown()).nullable(),
});
export type ExpoUpdateMeta = z.infer<typeof ExpoUpdateMeta>;

/** Facts in the `meta` of the artifact of such a publication: lists of deployments tell what it is for. */
export const ExpoUpdateFacts = z.object({
  update: z.literal('expo'),
  androidRuntime: RuntimeVersion.optional().catch(undefined),
  iosRuntime: RuntimeVersion.optional().catch(undefined),
});
export type ExpoUpdateFacts = z.infer<typeof ExpoUpdateFacts>;

/** Body of `PUT /api/apps/:slug/updates/expo/signing-key`. */
export const ExpoSigningKeyInput = z.strictObject({
  /** PEM, PKCS #8 or PKCS #1, as `npx expo-updates codesigning:generate` writes it. */
  privateKey: z.string().max(10_000),
  /** PEM. The certificate that the app embeds. */
  certificate: z.string().max(10_000),
  /** `codeSigningMetadata.keyid` of the app config. */
  keyId: z
    .string()
    .max(100)
    .regex(
      /^[\x21\x23-\x5b\x5d-\x7e]+$/,
      'A key id is printable ASCII without quotes, backslashes and spaces',
    )
    .default('main'),
});
export type ExpoSigningKeyInput = z.input<typeof ExpoSigningKeyInput>;

/** An app's signing key, without its private part. */
export const ExpoSigningKey = z
  .strictObject({
    keyId: z.string(),
    certificate: z.string(),
    /** When the certificate expires. Apps refuse signatures after that. */
    expiresAt: Timestamp,
    createdAt: Timestamp,
  })
  .meta({ id: 'ExpoSigningKey' });
export type ExpoSigningKey = z.infer<typeof ExpoSigningKey>;

/** Body of `POST /api/apps/:slug/updates/expo/rollback`. */
export const ExpoRollback = z.strictObject({
  runtimeVersion: RuntimeVersion,
  /** Both by default. */
  platforms: z.array(ExpoPlatform).min(1).max(2).optional(),
  /** `production` by default. */
  environment: Environment.optional(),
});
export type ExpoRollback = z.input<typeof ExpoRollback>;
