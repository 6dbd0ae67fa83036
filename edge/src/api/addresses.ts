/** How this instance is reached, and which hosts may have a certificate. */
import { AppFluxError, InstanceAddresses } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { countCertificate } from '../hosts/certificate-limit.ts';
import { existingHost } from '../hosts/existing.ts';
import { missingRecords } from '../hosts/records.ts';
import { addressStatus } from '../hosts/status.ts';
import { bearer, json, jsonBody, refusals, router } from '../http/router.ts';
import { journal } from '../journal.ts';
import { setting } from '../settings.ts';
import { hostName } from '../sites/hosts/domain.ts';
import { operatorOnly, operatorOrInstanceOwner } from './operator.ts';

/** Of how many apps the records are checked: all are asked of DNS, one by one. */
const MOST_SITES = 100;

const CertificateRequest = z
  .strictObject({ host: z.string().min(1).max(255) })
  .meta({ id: 'CertificateRequest' });

export const addresses = router();

addresses.openapi(
  createRoute({
    method: 'get',
    path: '/api/ops/addresses',
    tags: ['operations'],
    summary: 'URLs, certificates and missing DNS records of this instance',
    description:
      'For the operator, and the owner of the instance when signed in. Certificates are known where the instance ends TLS itself. Records are checked for 100 apps at most.',
    security: bearer,
    middleware: [operatorOrInstanceOwner] as const,
    responses: { 200: json(InstanceAddresses, 'The addresses'), ...refusals },
  }),
  async (c) => {
    const publicUrl = setting(c.env, 'PUBLIC_URL');
    const dashboard = hostName(new URL(publicUrl).host);
    const sitesDomain = hostName(c.env.SITES_DOMAIN);
    const { items } = await c.get('metadata').apps.all(null, MOST_SITES);
    const sites = items.map(({ slug }) => `${slug}.${sitesDomain}`);
    const status = await addressStatus(c.env, [dashboard, ...sites]);
    return c.json(
      {
        publicUrl,
        sitesDomain: c.env.SITES_DOMAIN,
        tls: status?.tls ?? null,
        certificates: status?.certificates ?? [],
        missingRecords: missingRecords({ dashboard, sitesDomain, sites, status }),
      },
      200,
    );
  },
);

addresses.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/certificates',
    tags: ['operator'],
    summary: 'Ask whether a host may have a certificate',
    description:
      'Yes for hosts that this instance answers: the dashboard, the site of an app, and that of a deployment that succeeded. Each host counts once for its team; 429 when the team has had its number for the week.',
    security: bearer,
    middleware: operatorOnly,
    request: { body: jsonBody(CertificateRequest) },
    responses: { 204: { description: 'It may' }, ...refusals },
  }),
  async (c) => {
    const host = hostName(c.req.valid('json').host);
    const existing = await existingHost(host, { env: c.env, metadata: c.get('metadata') });
    if (existing === null) throw new AppFluxError('not_found', 'This instance does not answer that host');
    if (existing.ownerId === null) return c.body(null, 204);
    const wait = await countCertificate(c.env, existing.ownerId, host);
    if (wait > 0) {
      journal.info(`no certificate for ${host}: its team has had its number for the week`);
      throw new AppFluxError(
        'too_many_requests',
        'The team of this host has had its certificates for the week',
        {
          hint: 'Wait, set APPFLUX_CERTIFICATES_PER_TEAM, or use a wildcard certificate (APPFLUX_TLS=files).',
          retryAfterSeconds: Math.ceil(wait / 1000),
        },
      );
    }
    return c.body(null, 204);
  },
);
