import { AppFluxError, ApproveDevice, DenyDevice, type DeviceRequest } from '@appflux/protocol';
import type { Routes } from './fake-call.ts';
import type { World } from './world.ts';

function requestOf({ device }: World, userCode: string): DeviceRequest {
  if (device?.userCode === userCode) return device;
  throw new AppFluxError('not_found', 'This code is unknown, expired, or already used', {
    hint: 'Start the login again to get a new one.',
  });
}

/** Logins of programs without a browser. */
export const DEVICE_ROUTES: Routes = {
  'GET device/:id': ({ world, id }) => [200, requestOf(world, id)],
  // `device/approve` and `device/deny` have a fixed segment in place of the id.
  'POST device/:id': ({ world, id, body }) => {
    if (id === 'deny') {
      requestOf(world, DenyDevice.parse(body).userCode);
      world.device = null;
      return [204];
    }
    const { userCode, expiresInDays } = ApproveDevice.parse(body);
    const { client } = requestOf(world, userCode);
    world.device = null;
    const expiresAt = new Date(Date.now() + expiresInDays * 86_400_000).toISOString();
    return [200, { name: client, scopes: ['deployments:write'], expiresAt }];
  },
};
