/**
 * Pictures of published sites. A runner that can take them says so to its pool, which asks an idle one after a site was
 * published. docs/pictures.md describes the whole way.
 */
import { z } from 'zod';
import { ObjectId } from './ids.ts';
import { webpPixels } from './webp.ts';

/** In `accepts` of a pool's `welcome`, and the type of the frame: this edge asks for pictures. */
export const PICTURES = 'pictures';

/** What a picture shows: the top of the page, in a window of a computer or of a phone. */
export const PictureSize = z.enum(['wide', 'phone']);
export type PictureSize = z.infer<typeof PictureSize>;

/** The pixels of each size. */
export const PICTURE_PIXELS: Readonly<Record<PictureSize, { width: number; height: number }>> = {
  wide: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};

/** The most that the file of one picture has, in bytes. */
export const MAX_PICTURE_BYTES = 100_000;

/** How long the access of a request is valid, in seconds: a picture takes less than one minute. */
export const PICTURE_ACCESS_SECONDS = 180;

/** What a runner is asked for. */
export const PictureRequest = z.object({
  /** Identifies this request: a deployment may be asked for twice. */
  id: z.string().min(8).max(64),
  deploymentId: ObjectId,
  /** The URL of the deployment's own site, with a path. */
  url: z.url({ protocol: /^https?$/ }),
  /** Opens this site and nothing else, for PICTURE_ACCESS_SECONDS: sites may be private. */
  cookie: z.object({ name: z.string().min(1).max(200), value: z.string().min(1).max(3000) }),
});
export type PictureRequest = z.infer<typeof PictureRequest>;

/** The file of a picture, WebP in base64. */
const PictureFile = z
  .string()
  .max(Math.ceil(MAX_PICTURE_BYTES / 3) * 4)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'A picture is sent as base64');

/** Body of `POST /api/deployments/:id/picture`: how a request has ended. */
export const PictureResult = z
  .discriminatedUnion('outcome', [
    z.strictObject({
      outcome: z.literal('taken'),
      id: PictureRequest.shape.id,
      files: z.strictObject({ wide: PictureFile, phone: PictureFile }),
    }),
    /** The site could not be shown. */
    z.strictObject({
      outcome: z.literal('failed'),
      id: PictureRequest.shape.id,
      reason: z.string().max(300),
    }),
    /** A build came first, or the runner is ending: the picture can be asked for again. */
    z.strictObject({ outcome: z.literal('returned'), id: PictureRequest.shape.id }),
  ])
  .meta({ id: 'PictureResult' });
export type PictureResult = z.infer<typeof PictureResult>;

/** Query of `GET /api/deployments/:id/picture`. `v` only makes the URL of each picture another one. */
export const PictureQuery = z.object({
  size: PictureSize.default('wide'),
  v: z.string().max(40).optional(),
});

/**
 * The bytes of a picture that a sender claims to have this size; null if they are not WebP, have other pixels, or are more
 * than MAX_PICTURE_BYTES.
 */
export function pictureBytes(file: string, size: PictureSize): Uint8Array | null {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
  } catch {
    // The only error of atob: the text is not base64.
    return null;
  }
  if (bytes.length > MAX_PICTURE_BYTES) return null;
  const pixels = webpPixels(bytes);
  const wanted = PICTURE_PIXELS[size];
  return pixels?.width === wanted.width && pixels.height === wanted.height ? bytes : null;
}
