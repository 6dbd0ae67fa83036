/** The services of the edge process that the control plane has bindings for. */
import type { Servers } from '../servers/servers.ts';
import type { Blobs } from './blobs.ts';
import type { Service } from './calls.ts';
import type { EdgeConfig } from './config.ts';
import { diskService } from './disk.ts';

/**
 * The services by the names of their bindings.
 * @param servers the process that runs the servers of sites, once it is known; null if there is none
 */
export function servicesOf(
  { persist, minFreeBytes, smtpUrl }: Pick<EdgeConfig, 'persist' | 'minFreeBytes' | 'smtpUrl'>,
  blobs: Blobs,
  servers: Promise<Servers> | null,
): Record<string, Service> {
  return {
    DISK: diskService(persist, minFreeBytes, blobs),
    ...(smtpUrl === undefined ? {} : { SMTP: mailService(smtpUrl) }),
    ...(servers === null ? {} : { SERVERS_PROCESS: async (call) => (await servers).service(call) }),
  };
}

/** Sends mail. What that needs is loaded with the first message. */
function mailService(smtpUrl: string): Service {
  let loaded: Promise<Service> | undefined;
  return async (call) => {
    loaded ??= import('./smtp.ts').then(({ smtpService }) => smtpService(smtpUrl));
    return (await loaded)(call);
  };
}
