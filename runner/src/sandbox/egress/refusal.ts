/** Why a request was refused, and what to do about it. */

interface ReasonText {
  readonly status: number;
  /** Follows "AppFlux: <target> " and says what happened. */
  readonly what: string;
  /** Advice for readers of the build's log; null where it would only repeat what happened. */
  readonly advice: string | null;
}

const OWNER = 'The owner of the runner can add it to the allowed hosts.';

/** Every reason to refuse. `status` is the HTTP status that the build's tool gets. */
export const REFUSALS = {
  host_not_allowed: { status: 403, what: 'is not an allowed host', advice: OWNER },
  port_not_allowed: {
    status: 403,
    what: 'is an allowed host, but not on this port',
    advice: 'The owner of the runner can add the host with this port to the allowed hosts.',
  },
  address_literal: {
    status: 403,
    what: 'is an IP address; only names are allowed',
    advice: 'Use the hostname, or ask the owner of the runner to add the address to the allowed hosts.',
  },
  address_not_public: {
    status: 403,
    what: 'is an allowed host, but resolves to an address that is not public',
    advice: 'The owner of the runner can add the address to the allowed address ranges.',
  },
  other_server_name: {
    status: 403,
    what: 'was requested, but the TLS connection named a different server or none',
    advice: 'Make the tool connect to each host by its own name.',
  },
  not_web_traffic: {
    status: 403,
    what: 'was contacted with a protocol other than HTTPS or HTTP',
    advice: 'Use the https URL of the service.',
  },
  traffic_limit: {
    status: 403,
    what: 'cannot be reached: the build has used up its network traffic',
    advice: 'Download less, or ask the owner of the runner for a higher limit.',
  },
  too_many_connections: {
    status: 503,
    what: 'could not be reached: the build has too many open connections',
    advice: 'Lower the number of parallel downloads in the package manager’s settings.',
  },
  malformed: { status: 400, what: 'is not a valid proxy request', advice: null },
  registry_method: {
    status: 405,
    what: 'is read-only through the package registry of the build',
    advice: 'Publish from another workflow, not from a build.',
  },
  registry_absent: {
    status: 404,
    what: 'is the proxy itself, which serves nothing here',
    advice: null,
  },
  not_resolved: {
    status: 502,
    what: 'is an allowed host, but has no address',
    advice: 'Check the spelling of the name, and that the runner’s host can resolve it.',
  },
  not_reached: {
    status: 502,
    what: 'did not answer',
    advice: 'Try again. If it keeps failing, check that the runner’s host can reach it.',
  },
} as const satisfies Record<string, ReasonText>;

/** The reason phrase of each refusal's status: tools print it, and it tells the proxy's answers from a server's. */
export const REFUSED = 'Refused by AppFlux';

export type RefusalReason = keyof typeof REFUSALS;

/** Ends one request or tunnel. `subject` is what was asked for, fit to be shown. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: RefusalReason;
  readonly subject: string;
  /** What only some cases know, such as the range that an address lies in. */
  readonly detail: string | null;

  constructor(reason: RefusalReason, subject: string, detail: string | null = null, cause?: unknown) {
    super(refusalText(reason, subject, detail), { cause });
    this.reason = reason;
    this.subject = subject;
    this.detail = detail;
  }

  get status(): number {
    return REFUSALS[this.reason].status;
  }
}

/** One line: what was asked for, what happened and what to do about it. */
export function refusalText(reason: RefusalReason, subject: string, detail: string | null): string {
  const { what, advice } = REFUSALS[reason];
  const sentence = `${subject} ${what}${detail === null ? '' : ` (${detail})`}.`;
  return advice === null ? sentence : `${sentence} ${advice}`;
}

/** Sanitizes text of a build for a log line: printable ASCII, and not long. */
export function shown(text: string): string {
  const printable = text.replace(/[^\x21-\x7e]/g, '?');
  return printable.length > 120 ? `${printable.slice(0, 119)}…` : printable;
}
