/**
 * Signing in on a device without a browser (RFC 8628): the program shows a short code, a person approves it on a page,
 * and the program gets an API token. Members and errors of the program's calls have the names of the RFC.
 */
import { z } from 'zod';
import { Scope } from './access.ts';
import { ObjectId, Timestamp } from './ids.ts';

/** Consonants only, as RFC 8628 §6.1 recommends: 20 letters that no word is made of and no digit is mistaken for. */
export const USER_CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';

/** The code that a person compares or types, as it is shown: `WDJB-MJHT`. */
export const UserCode = z
  .string()
  .max(40)
  .transform((text) => text.toUpperCase().replace(/[^A-Z]/g, ''))
  .refine((letters) => new RegExp(`^[${USER_CODE_LETTERS}]{8}$`).test(letters), {
    message: 'A code has eight letters, such as WDJB-MJHT',
  })
  .transform((letters) => `${letters.slice(0, 4)}-${letters.slice(4)}`);

/** Body of `POST /api/device/code`: what asks, such as the name of the machine. */
export const CreateDeviceCode = z
  .strictObject({ client: z.string().trim().min(1).max(60) })
  .meta({ id: 'CreateDeviceCode' });
export type CreateDeviceCode = z.infer<typeof CreateDeviceCode>;

/** RFC 8628 §3.2. Times are in seconds. */
export const DeviceCode = z
  .strictObject({
    device_code: z.string(),
    user_code: z.string(),
    verification_uri: z.url(),
    verification_uri_complete: z.url(),
    expires_in: z.int(),
    interval: z.int(),
  })
  .meta({ id: 'DeviceCode' });
export type DeviceCode = z.infer<typeof DeviceCode>;

/** Body of `POST /api/device/token`. The members of the RFC besides the code are accepted and ignored. */
export const RedeemDeviceCode = z
  .strictObject({
    device_code: z.string().min(1).max(200),
    grant_type: z.literal('urn:ietf:params:oauth:grant-type:device_code').optional(),
    client_id: z.string().max(200).optional(),
  })
  .meta({ id: 'RedeemDeviceCode' });
export type RedeemDeviceCode = z.infer<typeof RedeemDeviceCode>;

/** RFC 8628 §3.5 and RFC 6749 §5.1: the API token, and how long it is valid in seconds. */
export const DeviceToken = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    scope: z.string(),
    /** The id of the token, by which it can be revoked. */
    token_id: ObjectId,
  })
  .meta({ id: 'DeviceToken' });
export type DeviceToken = z.infer<typeof DeviceToken>;

/** Why there is no token (yet): RFC 8628 §3.5. */
export const DevicePending = z.enum(['authorization_pending', 'slow_down', 'access_denied', 'expired_token']);
export type DevicePending = z.infer<typeof DevicePending>;

/** The body of a 400 of `POST /api/device/token` (RFC 6749 §5.2). */
export const DeviceTokenError = z
  .strictObject({ error: DevicePending, error_description: z.string() })
  .meta({ id: 'DeviceTokenError' });

/** What a person is asked to approve. */
export const DeviceRequest = z
  .strictObject({
    userCode: z.string(),
    /** What asks, in its own words: nobody has checked them. */
    client: z.string(),
    /** The network address that the code was requested from; null if it isn't known. */
    address: z.string().nullable(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
  })
  .meta({ id: 'DeviceRequest' });
export type DeviceRequest = z.infer<typeof DeviceRequest>;

/** How long a token of a device is valid, in days. */
export const DEVICE_TOKEN_DAYS = { default: 90, most: 365 } as const;

/** Body of `POST /api/device/approve`. */
export const ApproveDevice = z
  .strictObject({
    userCode: UserCode,
    expiresInDays: z.int().min(1).max(DEVICE_TOKEN_DAYS.most).default(DEVICE_TOKEN_DAYS.default),
  })
  .meta({ id: 'ApproveDevice' });
export type ApproveDevice = z.input<typeof ApproveDevice>;

/** The API token that the device gets. */
export const ApprovedDevice = z
  .strictObject({ name: z.string(), scopes: z.array(Scope), expiresAt: Timestamp })
  .meta({ id: 'ApprovedDevice' });
export type ApprovedDevice = z.infer<typeof ApprovedDevice>;

/** Body of `POST /api/device/deny`. */
export const DenyDevice = z.strictObject({ userCode: UserCode }).meta({ id: 'DenyDevice' });
export type DenyDevice = z.input<typeof DenyDevice>;
