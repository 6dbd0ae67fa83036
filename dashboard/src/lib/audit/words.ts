import type { AuditActor, AuditEntry } from '@appflux/protocol';

/** What was done, in words; the target follows. */
const WORDS: Readonly<Record<string, string>> = {
  'session.sign_in': 'signed in',
  'session.sign_out': 'signed out',
  'session.reuse_detected': 'had a session revoked: its refresh token was reused',
  'password.set': 'set a new password',
  'recovery.asked': 'requested a password reset link',
  'link.asked': 'requested a sign-in link',
  'link.read': 'viewed the one-time link',
  'token.create': 'created the API token',
  'token.revoke': 'revoked the API token',
  'app.create': 'created the app',
  'app.update': 'changed the app',
  'app.delete': 'deleted the app',
  'variable.set': 'set the variable',
  'variable.delete': 'deleted the variable',
  'file.set': 'set the file',
  'file.delete': 'deleted the file',
  'release.set': 'promoted',
  'deployment.pin': 'pinned',
  'deployment.unpin': 'unpinned',
  'member.join': 'joined:',
  'member.role': 'changed a role:',
  'member.remove': 'removed the member',
  'team.delete': 'deleted the team of',
  'account.delete': 'deleted their account',
  'identity.link': 'linked their GitHub account',
  'identity.unlink': 'unlinked their GitHub account',
  'invitation.create': 'invited',
  'invitation.revoke': 'revoked the invitation for',
  'runner.token': 'created a registration token:',
  'runner.register': 'registered the runner',
  'runner.update': 'changed the runner',
  'runner.drain': 'drained the runner',
  'runner.remove': 'removed the runner',
  'hook.create': 'created the deploy hook',
  'hook.revoke': 'revoked the deploy hook',
  'hook.call': 'deployed',
};

const KINDS: Readonly<Record<AuditActor['kind'], string>> = {
  user: '',
  token: 'API token ',
  operator: '',
  hook: 'Deploy hook ',
  runner: 'Runner ',
};

/** Who it was, as a page says it. */
export const actorWords = ({ kind, name }: AuditActor): string =>
  kind === 'operator' ? 'The operator' : KINDS[kind] + name;

/** What they did. An action of a newer server is shown by its name; what people do to themselves needs no target. */
export function actionWords({ action, actor, target }: AuditEntry): string {
  const words = WORDS[action] ?? action;
  if (target === null) return words;
  if (action === 'link.read') return `${words} for ${target.name}`;
  if (target.kind !== 'user') return `${words} ${target.name}`;
  return actor.kind === 'user' ? words : `${words} for ${target.name}`;
}
