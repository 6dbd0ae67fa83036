/** Where a sign-in comes from. */
import type { Device } from './device-cookie.ts';

/** Who sends a request, as far as that can be known before they say: their address, and the devices of their cookie. */
export interface Client {
  /** Null when it is not known. */
  address: string | null;
  devices: readonly Device[];
}
