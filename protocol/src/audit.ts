/** The audit log: who did what to a team, in order. */
import { z } from 'zod';
import { ObjectId, Timestamp } from './ids.ts';

/** What was done, as subject and verb. New ones may be added, so readers of a log accept any text. */
export const AUDIT_ACTIONS = [
  'session.sign_in',
  'session.sign_out',
  'session.reuse_detected',
  'password.set',
  'recovery.asked',
  'link.asked',
  'link.read',
  'token.create',
  'token.revoke',
  'device.approve',
  'device.deny',
  'app.create',
  'app.update',
  'app.access',
  'app.schedules',
  'app.delete',
  'variable.set',
  'variable.delete',
  'source.credential_set',
  'source.credential_delete',
  'state.export',
  'state.delete',
  'file.set',
  'file.delete',
  'release.set',
  'expo_key.set',
  'expo_key.delete',
  'expo_update.roll_back',
  'release.lock',
  'release.unlock',
  'deployment.create',
  'deployment.redeploy',
  'deployment.cancel',
  'deployment.approve',
  'deployment.promote',
  'artifact.link',
  'domain.add',
  'domain.verify',
  'domain.remove',
  'deployment.pin',
  'deployment.unpin',
  'deployment.notes',
  'member.join',
  'member.role',
  'member.remove',
  'team.delete',
  'team.limits',
  'account.delete',
  'identity.link',
  'identity.unlink',
  'invitation.create',
  'invitation.revoke',
  'runner.token',
  'runner.register',
  'runner.update',
  'runner.drain',
  'runner.remove',
  'hook.create',
  'hook.revoke',
  'hook.call',
  'github.app_register',
  'github.app_remove',
  'github.connect',
  'github.disconnect',
  'notification.create',
  'notification.update',
  'notification.delete',
  'notification.test',
  'notification.secret',
  'notification.redeliver',
  'webhook_secret.create',
  'webhook_secret.delete',
  'maintenance.on',
  'maintenance.off',
  'provenance.rotate',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who did it. */
export const AuditActor = z.strictObject({
  kind: z.enum(['user', 'token', 'operator', 'hook', 'runner', 'github', 'git', 'schedule']),
  /** The user's or token's id; null for the operator and for unknown actors. */
  id: z.string().nullable(),
  name: z.string(),
});
export type AuditActor = z.infer<typeof AuditActor>;

/** The object of the action. `name` is its name at that time. */
export const AuditTarget = z.strictObject({
  kind: z.enum([
    'user',
    'token',
    'app',
    'variable',
    'file',
    'deployment',
    'member',
    'team',
    'invitation',
    'runner',
    'hook',
    'integration',
  ]),
  id: z.string().nullable(),
  name: z.string(),
});
export type AuditTarget = z.infer<typeof AuditTarget>;

export const AuditEntry = z
  .strictObject({
    id: ObjectId,
    actor: AuditActor,
    action: z.string(),
    target: AuditTarget.nullable(),
    at: Timestamp,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
