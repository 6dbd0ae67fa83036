import type { AuditActor, AuditEntry } from '@appflux/protocol';

/** The action as text, to be followed by the target. Single words are marked for translation. */
const ACTIONS: Readonly<Record<string, string>> = {
  'session.sign_in': 'signed in',
  'session.sign_out': 'signed out',
  'session.reuse_detected': 'had a session revoked: its refresh token was reused',
  'password.set': 'set a new password',
  'recovery.asked': 'requested a password reset link',
  'link.asked': 'requested a sign-in link',
  'link.read': 'viewed the one-time link',
  'token.create': 'created the API token',
  'token.revoke': 'revoked the API token',
  'device.approve': 'signed in a device:',
  'device.deny': 'refused to sign in a device:',
  'app.create': 'created the app',
  'app.update': 'changed the app',
  'app.access': 'changed who can open',
  'app.schedules': 'changed the schedules of',
  'app.delete': 'deleted the app',
  'variable.set': 'set the variable',
  'variable.delete': 'deleted the variable',
  'file.set': 'set the file',
  'file.delete': 'deleted the file',
  'release.set': /* text */ 'promoted',
  'expo_key.set': 'set the key that signs updates of',
  'expo_key.delete': 'deleted the key that signs updates of',
  'expo_update.roll_back': 'rolled installed apps back to their embedded update:',
  'release.lock': 'locked the release of',
  'release.unlock': 'unlocked the release of',
  'deployment.create': /* text */ 'deployed',
  'deployment.redeploy': /* text */ 'redeployed',
  'deployment.cancel': 'canceled a deployment of',
  'deployment.approve': 'approved a deployment of',
  'deployment.promote': 'promoted the preview',
  'artifact.link': 'created a link to',
  'domain.add': 'added a domain to',
  'domain.verify': 'verified a domain of',
  'domain.remove': 'removed a domain from',
  'deployment.pin': /* text */ 'pinned',
  'deployment.unpin': /* text */ 'unpinned',
  'deployment.notes': 'wrote release notes of',
  'member.join': /* text */ 'joined:',
  'member.role': 'changed a role:',
  'member.remove': 'removed the member',
  'team.delete': 'deleted the team of',
  'team.limits': 'set the limits of builds to',
  'account.delete': 'deleted their account',
  'identity.link': 'linked their GitHub account',
  'identity.unlink': 'unlinked their GitHub account',
  'invitation.create': /* text */ 'invited',
  'invitation.revoke': 'revoked the invitation for',
  'runner.token': 'created a registration token:',
  'runner.register': 'registered the runner',
  'runner.update': 'changed the runner',
  'runner.drain': 'drained the runner',
  'runner.remove': 'removed the runner',
  'hook.create': 'created the deploy hook',
  'hook.revoke': 'revoked the deploy hook',
  'hook.call': /* text */ 'deployed',
  'source.credential_set': 'set the repository credential of',
  'source.credential_delete': 'deleted the repository credential of',
  'state.export': 'exported the state of',
  'state.delete': 'deleted the state of',
  'webhook_secret.create': 'created the webhook secret',
  'webhook_secret.delete': 'revoked the webhook secret',
  'github.app_register': 'registered the GitHub App',
  'github.app_remove': 'removed the GitHub App',
  'github.connect': 'connected the GitHub account',
  'github.disconnect': 'disconnected the GitHub account',
  'notification.create': 'created the notification',
  'notification.update': 'changed the notification',
  'notification.delete': 'deleted the notification',
  'notification.test': 'tested the notification',
  'notification.secret': 'replaced the signing secret of the notification',
  'notification.redeliver': 'resent a delivery of the notification',
  'maintenance.on': 'turned maintenance on',
  'maintenance.off': 'turned maintenance off',
  'provenance.rotate': 'rotated the provenance key',
};

const PREFIXES: Readonly<Record<AuditActor['kind'], string>> = {
  user: '',
  token: 'API token ',
  operator: '',
  hook: 'Deploy hook ',
  runner: 'Runner ',
  github: 'GitHub user ',
  git: 'Git user ',
  schedule: 'Schedule ',
};

/** The actor as text. */
export const describeActor = ({ kind, name }: AuditActor): string =>
  kind === 'operator' ? 'The operator' : PREFIXES[kind] + name;

/**
 * The action and its target as text. Unknown actions of a newer server are shown by name. Actions of users on their
 * own account leave out the target.
 */
export function describeAction({ action, actor, target }: AuditEntry): string {
  const text = ACTIONS[action] ?? action;
  if (target === null) return text;
  if (action === 'link.read') return `${text} for ${target.name}`;
  if (target.kind !== 'user') return `${text} ${target.name}`;
  return actor.kind === 'user' ? text : `${text} for ${target.name}`;
}
