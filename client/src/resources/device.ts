/** Signing in on a device without a browser (RFC 8628). */
import {
  type ApproveDevice,
  ApprovedDevice,
  type CreateDeviceCode,
  type DenyDevice,
  DeviceCode,
  type DevicePending,
  DeviceRequest,
  DeviceToken,
  DeviceTokenError,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import { parseJson } from '../http/errors.ts';

/** What a device that waits gets: its token, or why it has none. */
export type DeviceAnswer = { token: DeviceToken } | { pending: DevicePending };

export const device = (calls: Calls) => ({
  /** Begins a sign-in. Needs no token. */
  start: (body: CreateDeviceCode, options: CallOptions = {}): Promise<DeviceCode> =>
    calls.json(DeviceCode, 'POST', '/api/device/code', { body, anonymous: true, ...options }),
  /** Asks whether the sign-in was approved. Call it every `interval` seconds. */
  token: async (deviceCode: string, options: CallOptions = {}): Promise<DeviceAnswer> => {
    const request = { method: 'POST', path: '/api/device/token' } as const;
    const body = { device_code: deviceCode };
    const response = await calls.send(request.method, request.path, { body, anonymous: true, ...options });
    if (response.ok) return { token: await calls.parse(DeviceToken, response, request) };
    const text = await response.clone().text();
    const pending = DeviceTokenError.safeParse(parseJson(text));
    if (pending.success) return { pending: pending.data.error };
    throw await calls.refusal(response, request);
  },
  /** What a code asks a person to approve. */
  get: (userCode: string, options: CallOptions = {}): Promise<DeviceRequest> =>
    calls.json(DeviceRequest, 'GET', path`/api/device/${userCode}`, options),
  /** Signs the device of a code in, with the permissions of the caller. */
  approve: (body: ApproveDevice, options: CallOptions = {}): Promise<ApprovedDevice> =>
    calls.json(ApprovedDevice, 'POST', '/api/device/approve', { body, ...options }),
  /** Refuses to sign the device of a code in. */
  deny: (body: DenyDevice, options: CallOptions = {}): Promise<void> =>
    calls.nothing('POST', '/api/device/deny', { body, ...options }),
});
