/** The config of a local instance's Worker: from the settings, and from the secrets generated at first start. */
import { join } from 'node:path';
import { type Addresses, addressesOf } from './addresses/addresses.ts';
import { type EdgeConfig, s3EndpointAt } from './edge/config.ts';
import type { ServersConfig } from './servers/config.ts';
import type { Settings } from './settings.ts';
import { type Secrets, statePaths } from './state.ts';

/** What stands beside the edge process on its machine. */
export interface Beside {
  /** Where it answers what it knows of addresses. */
  readonly statusUrl: string;
  /** Where it answers what it knows of the machine. */
  readonly machineUrl: string;
  /** Answers questions to DNS. */
  readonly dnsUrl: string;
  /** The socket for the proxy that ends TLS; null where there is none. */
  readonly proxySocket: string | null;
  /** The process that runs the servers of sites; null where there is none. */
  readonly servers: ServersConfig | null;
}

/** The config of the edge process. `root` is the checkout, `main` the bundled Worker. */
export function edgeConfig(
  settings: Settings,
  secrets: Secrets,
  root: string,
  main: string,
  beside: Beside | null = null,
): EdgeConfig {
  const addresses = addressesOf(settings);
  return {
    ...addresses.edge,
    trustedProxies: [...addresses.trustedProxies],
    ...(beside === null || beside.proxySocket === null ? {} : { proxySocket: beside.proxySocket }),
    ...(beside === null || beside.servers === null ? {} : { servers: beside.servers }),
    wranglerConfig: join(root, 'wrangler.toml'),
    main,
    persist: statePaths(settings.state).edge,
    metadataDatabases: settings.metadataDatabases,
    ...(settings.minFreeBytes === null ? {} : { minFreeBytes: settings.minFreeBytes }),
    ...(settings.smtpUrl === null ? {} : { smtpUrl: settings.smtpUrl }),
    logLevel: settings.logLevel,
    control: statePaths(settings.state).control,
    environment: settings.environment,
    assets: statePaths(settings.state).dashboard,
    bucket: {
      name: secrets.bucket,
      accessKeyId: secrets.s3AccessKeyId,
      secretAccessKey: secrets.s3SecretAccessKey,
    },
    variables: {
      ...settings.passedOn,
      ...storageVariables(settings, addresses, secrets),
      ...(settings.requestLog ? { REQUEST_LOG: '1' } : {}),
      PUBLIC_URL: addresses.publicUrl,
      SITES_DOMAIN: addresses.sitesDomain,
      ...(beside === null
        ? {}
        : {
            ADDRESS_STATUS_URL: beside.statusUrl,
            MACHINE_STATUS_URL: beside.machineUrl,
            DNS_OVER_HTTPS_URL: beside.dnsUrl,
          }),
      CERTIFICATES_PER_TEAM: String(settings.certificatesPerTeam),
      OPERATOR_SECRET: secrets.operatorSecret,
      SEALING_KEY: secrets.sealingKey,
      ...(secrets.previousSealingKey === undefined
        ? {}
        : { SEALING_KEY_PREVIOUS: secrets.previousSealingKey }),
    },
  };
}

/**
 * The owner's S3 server if one is set, else the S3 endpoint of the embedded bucket. The edge reaches its own endpoint
 * on this machine; what others are to upload to or download from has the instance's URL.
 */
function storageVariables(
  { storage }: Settings,
  { localUrl, publicUrl }: Addresses,
  secrets: Secrets,
): Record<string, string> {
  if (storage !== null) {
    return {
      STORAGE_DRIVER: 's3',
      S3_ENDPOINT: storage.endpoint,
      S3_BUCKET: storage.bucket,
      S3_ACCESS_KEY_ID: storage.accessKeyId,
      S3_SECRET_ACCESS_KEY: storage.secretAccessKey,
    };
  }
  return {
    S3_ENDPOINT: s3EndpointAt(localUrl),
    S3_PUBLIC_ENDPOINT: s3EndpointAt(publicUrl),
    S3_BUCKET: secrets.bucket,
    S3_ACCESS_KEY_ID: secrets.s3AccessKeyId,
    S3_SECRET_ACCESS_KEY: secrets.s3SecretAccessKey,
  };
}
