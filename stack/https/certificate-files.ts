/** The certificate and key of APPFLUX_TLS=files, checked before anything listens. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Addresses } from '../addresses/addresses.ts';
import { isAddress } from '../addresses/host.ts';
import { messageOf, StackProblem } from '../problem.ts';

/**
 * Checks that the certificate belongs to the key, is valid, and covers the dashboard.
 * @returns sentences about what works, but not for everything
 * @throws StackProblem `settings_invalid`
 */
export async function checkCertificateFiles(
  files: { cert: string; key: string },
  addresses: Pick<Addresses, 'publicHost' | 'sitesHost'>,
  now = new Date(),
): Promise<string[]> {
  const certificate = await parsed('APPFLUX_TLS_CERT', files.cert, (pem) => new X509Certificate(pem));
  const key = await parsed('APPFLUX_TLS_KEY', files.key, (pem) => createPrivateKey(pem));
  const refuse = (what: string, advice: string) => new StackProblem('settings_invalid', what, advice);
  if (!certificate.checkPrivateKey(key)) {
    throw refuse('APPFLUX_TLS_KEY is not the key of APPFLUX_TLS_CERT', 'set both to files of one pair');
  }
  if (certificate.validToDate < now) {
    throw refuse(`The certificate of APPFLUX_TLS_CERT expired on ${certificate.validTo}`, 'renew it');
  }
  const { publicHost, sitesHost } = addresses;
  const covers = (name: string) =>
    isAddress(name)
      ? certificate.checkIP(name.replace(/^\[|\]$/g, '')) !== undefined
      : certificate.checkHost(name) !== undefined;
  if (!covers(publicHost)) {
    throw refuse(
      `The certificate of APPFLUX_TLS_CERT is not for ${publicHost}`,
      'use one that is, or change PUBLIC_URL',
    );
  }
  if (covers(`site.${sitesHost}`)) return [];
  return [`The certificate is not for *.${sitesHost}: browsers warn of sites.`];
}

async function parsed<Result>(
  variable: string,
  file: string,
  parse: (pem: Buffer) => Result,
): Promise<Result> {
  try {
    return parse(await readFile(file));
  } catch (error) {
    throw new StackProblem(
      'settings_invalid',
      `${variable}=${file} can't be read (${messageOf(error)})`,
      'set it to a PEM file that this user can read',
      { cause: error },
    );
  }
}
