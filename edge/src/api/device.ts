/** Signing in on a device without a browser: RFC 8628, for the command line. */
import {
  AppFluxError,
  ApproveDevice,
  ApprovedDevice,
  CreateDeviceCode,
  DenyDevice,
  DeviceCode,
  type DevicePending,
  DeviceRequest,
  DeviceToken,
  DeviceTokenError,
  ErrorBody,
  RedeemDeviceCode,
  UserCode,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { actorOfUser, note } from '../audit/note.ts';
import {
  audited,
  authenticated,
  bearer,
  json,
  jsonBody,
  personOnly,
  refusals,
  router,
} from '../http/router.ts';
import type { Caller } from '../identity/caller.ts';
import { clientAddressOf } from '../identity/client-address.ts';
import {
  approveDevice,
  DEVICE_CODE_MS,
  denyDevice,
  deviceTokenName,
  findDevice,
  POLL_SECONDS,
  redeemDevice,
  requestDevice,
} from '../identity/device-login.ts';
import { setting } from '../settings.ts';

export const device = router();

const tags = ['device'];

const DESCRIPTIONS: Readonly<Record<DevicePending, string>> = {
  authorization_pending: 'Nobody has decided about the code yet',
  slow_down: `Ask again after ${POLL_SECONDS} seconds, and never sooner`,
  access_denied: 'The sign-in was denied',
  expired_token: 'The code has expired or was used; request a new one',
};

device.openapi(
  createRoute({
    method: 'post',
    path: '/api/device/code',
    summary: 'Begin a sign-in on a device without a browser (RFC 8628 §3.1)',
    tags,
    request: { body: jsonBody(CreateDeviceCode) },
    responses: {
      200: json(DeviceCode, 'The codes'),
      400: json(ErrorBody, 'Invalid input'),
      429: json(ErrorBody, 'Too many codes were requested'),
    },
  }),
  async (c) => {
    const address = clientAddressOf(c.req.raw, c.env);
    const { client } = c.req.valid('json');
    const { deviceCode, userCode } = await requestDevice(c.env, c.get('metadata'), client, address);
    const page = `${setting(c.env, 'PUBLIC_URL')}/device`;
    return c.json(
      {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: page,
        verification_uri_complete: `${page}?code=${userCode}`,
        expires_in: DEVICE_CODE_MS / 1000,
        interval: POLL_SECONDS,
      },
      200,
    );
  },
);

device.openapi(
  createRoute({
    method: 'post',
    path: '/api/device/token',
    summary: 'Get the API token of an approved device (RFC 8628 §3.4)',
    description:
      'Refusals of the sign-in have the format of RFC 6749 §5.2, those of the request the usual one.',
    tags,
    request: { body: jsonBody(RedeemDeviceCode) },
    responses: {
      200: json(DeviceToken, 'The API token, this once'),
      400: json(z.union([DeviceTokenError, ErrorBody]), 'There is no token, or not yet'),
      422: json(ErrorBody, 'The team has too many tokens'),
    },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const redeemed = await redeemDevice(c.env, metadata, c.req.valid('json').device_code);
    if (redeemed.kind === 'pending') {
      const { error } = redeemed;
      return c.json({ error, error_description: DESCRIPTIONS[error] }, 400);
    }
    const { token, record, approvedBy } = redeemed;
    const target = { kind: 'token' as const, id: record.id, name: record.name };
    await note(metadata, record.ownerId, actorOfUser(approvedBy), 'token.create', target);
    const expiresAt = Date.parse(record.expiresAt ?? record.createdAt);
    return c.json(
      {
        access_token: token,
        token_type: 'Bearer' as const,
        expires_in: Math.round((expiresAt - Date.now()) / 1000),
        scope: record.scopes.join(' '),
        token_id: record.id,
      },
      200,
    );
  },
);

device.openapi(
  createRoute({
    method: 'get',
    path: '/api/device/{userCode}',
    summary: 'Get what a code asks for',
    tags,
    security: bearer,
    middleware: [personOnly] as const,
    request: { params: z.object({ userCode: UserCode }) },
    responses: { 200: json(DeviceRequest, 'The request'), ...refusals },
  }),
  async (c) => {
    const { userCode } = c.req.valid('param');
    return c.json(await findDevice(c.env, c.get('metadata'), userCode, c.get('person').id), 200);
  },
);

const shared = { tags, security: bearer, middleware: authenticated };

/** Refuses programs: a token must not make tokens that outlive it. */
function requirePerson(caller: Caller): string {
  if (caller.kind === 'user' && caller.userId !== null) return caller.userId;
  throw new AppFluxError('forbidden', 'Only a signed-in person can decide about a device', {
    hint: 'Open the page in a browser and sign in.',
  });
}

device.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/device/approve',
    summary: 'Sign a device in: it gets an API token with the permissions of your role',
    request: { body: jsonBody(ApproveDevice) },
    responses: { 200: json(ApprovedDevice, 'The token that the device gets'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    requirePerson(caller);
    const approved = await approveDevice(c.env, c.get('metadata'), caller, c.req.valid('json'));
    await audited(c, 'device.approve', { kind: 'token', id: null, name: approved.name });
    return c.json(approved, 200);
  },
);

device.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/device/deny',
    summary: 'Refuse to sign a device in',
    request: { body: jsonBody(DenyDevice) },
    responses: { 204: { description: 'Denied' }, ...refusals },
  }),
  async (c) => {
    const personId = requirePerson(c.get('caller'));
    const client = await denyDevice(c.env, c.get('metadata'), c.req.valid('json').userCode, personId);
    await audited(c, 'device.deny', { kind: 'token', id: null, name: deviceTokenName(client) });
    return c.body(null, 204);
  },
);
