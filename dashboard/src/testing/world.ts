import type {
  ApiToken,
  App,
  AppFluxError,
  AuditEntry,
  DeployHook,
  Deployment,
  Invitation,
  LogLine,
  Member,
  OutboxItem,
  Role,
  Runner,
} from '@appflux/protocol';

import { member } from './fixtures.ts';

/** What the API in memory knows. A test changes it as it goes. */
export interface World {
  apps: App[];
  /** Newest first, of all apps. */
  deployments: Deployment[];
  runners: Runner[];
  tokens: ApiToken[];
  /** What the person who is signed in may do. */
  role: Role;
  /** Whether the team is that of the instance's owner, and whether it was deleted. */
  team: 'instance' | 'own' | 'deleted';
  /** Whether the person has linked a GitHub account. */
  github: boolean;
  members: Member[];
  invitations: Invitation[];
  /** Whether the instance sends mail, and the links that wait for the operator. */
  mail: boolean;
  links: OutboxItem[];
  audit: AuditEntry[];
  hooks: DeployHook[];
  logs: Map<string, LogLine[]>;
  /** Deployments whose lines storage has damaged; their outlines are intact. */
  damagedLogs: Set<string>;
  /** Refuses calls whose method and path begin so, such as `GET /api/apps`. */
  refusals: Map<string, AppFluxError>;
  /** Leaves calls that begin so without an answer, to show how a page waits. */
  hanging: Set<string>;
  /** Whether the session was ended elsewhere: neither its token nor its refresh token is taken. */
  sessionEnded: boolean;
  /** Milliseconds that storage takes for a part. */
  storageDelay: number;
}

export function emptyWorld(): World {
  return {
    apps: [],
    deployments: [],
    runners: [],
    tokens: [],
    role: 'owner',
    team: 'own',
    github: false,
    members: [member()],
    invitations: [],
    mail: false,
    links: [],
    audit: [],
    hooks: [],
    logs: new Map(),
    damagedLogs: new Set(),
    refusals: new Map(),
    hanging: new Set(),
    sessionEnded: false,
    storageDelay: 0,
  };
}
