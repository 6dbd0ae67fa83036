/** Why an instance could not be reached, in a sentence. */

interface Sentence {
  readonly message: string;
  readonly hint: string;
}

/** What OpenSSL and Node report of certificates, as X509_verify_cert_error_string(3) and Node's tls name them. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'it was issued by an authority that this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is unknown',
  UNABLE_TO_GET_ISSUER_CERT: 'its issuer is unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it was issued by an authority that this machine does not trust',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
};

const NETWORK: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: { message: 'nothing listens there', hint: 'Check that AppFlux is running.' },
  ENOTFOUND: { message: 'the host name is unknown', hint: 'Check the URL.' },
  EAI_AGAIN: { message: 'the host name could not be resolved', hint: 'Check your network connection.' },
  ETIMEDOUT: { message: 'it did not answer in time', hint: 'Check the URL and your network connection.' },
  UND_ERR_CONNECT_TIMEOUT: {
    message: 'it did not answer in time',
    hint: 'Check the URL and your network connection.',
  },
  ECONNRESET: { message: 'the connection was closed', hint: 'Try again.' },
  UND_ERR_SOCKET: { message: 'the connection was closed', hint: 'Try again.' },
  EHOSTUNREACH: { message: 'there is no route to the host', hint: 'Check your network connection.' },
  ENETUNREACH: { message: 'there is no route to the host', hint: 'Check your network connection.' },
};

/** The codes of an error and of everything that caused it, outermost first. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  const waiting = [error];
  for (let depth = 0; depth < 10 && waiting.length > 0; depth += 1) {
    const each = waiting.shift();
    if (typeof each !== 'object' || each === null) continue;
    if ('code' in each && typeof each.code === 'string') codes.push(each.code);
    if ('cause' in each) waiting.push(each.cause);
    // Node tries every address of a host, and reports all of their errors.
    if ('errors' in each && Array.isArray(each.errors)) waiting.push(...each.errors.slice(0, 2));
  }
  return codes;
}

/** A lost or refused connection to `url` as a sentence, by the codes of Node's errors. */
export function connectionProblem(error: Error, url: string): Sentence {
  for (const code of codesOf(error)) {
    const certificate = CERTIFICATE[code];
    if (certificate !== undefined) {
      return {
        message: `The certificate of ${url} is not trusted: ${certificate}.`,
        hint: 'If the authority that issued it is your own, name its certificate in NODE_EXTRA_CA_CERTS.',
      };
    }
    if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
      return {
        message: `${url} doesn’t answer with TLS.`,
        hint: 'Check whether its URL begins with http:// or https://.',
      };
    }
    const network = NETWORK[code];
    if (network !== undefined) {
      return { message: `Couldn’t reach ${url}: ${network.message}.`, hint: network.hint };
    }
  }
  const late = /didn’t answer within/.test(error.message);
  return {
    message: late ? `${url}: ${error.message}` : `Couldn’t reach ${url}.`,
    hint: 'Check the URL, your network connection, and that AppFlux is running.',
  };
}
