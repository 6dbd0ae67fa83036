/** Which entries of the audit log each member of a team, and each of its tokens, sees. */
import type { AuditAction } from '@appflux/protocol';
import { mayUse, type Permission } from '../identity/caller.ts';

/** What a caller must be allowed to read to see what was done to it. */
const APP: Permission = 'apps:read';
const DEPLOYMENT: Permission = 'deployments:read';
/** Of members it names the email, which programs do not get. */
const MEMBER: Permission = 'members:read';

/**
 * What was done to things that every role may read: apps, the names of variables and files, deployments, domains,
 * runners and members. Nothing of sign-ins, tokens, invitations, credentials and settings that only admins see, and
 * nothing that an operator did to the instance.
 */
const VISIBLE: ReadonlyMap<string, Permission> = new Map<AuditAction, Permission>([
  ['app.create', APP],
  ['app.update', APP],
  ['app.access', APP],
  ['app.schedules', APP],
  ['app.delete', APP],
  ['variable.set', APP],
  ['variable.delete', APP],
  ['file.set', APP],
  ['file.delete', APP],
  ['state.export', APP],
  ['state.delete', APP],
  ['release.set', APP],
  ['release.lock', APP],
  ['release.unlock', APP],
  ['expo_key.set', APP],
  ['expo_key.delete', APP],
  ['expo_update.roll_back', APP],
  ['deployment.create', DEPLOYMENT],
  ['deployment.redeploy', DEPLOYMENT],
  ['deployment.cancel', DEPLOYMENT],
  ['deployment.approve', DEPLOYMENT],
  ['deployment.promote', DEPLOYMENT],
  ['deployment.pin', DEPLOYMENT],
  ['deployment.unpin', DEPLOYMENT],
  ['deployment.notes', DEPLOYMENT],
  ['hook.call', DEPLOYMENT],
  ['domain.add', APP],
  ['domain.verify', APP],
  ['domain.remove', APP],
  ['member.join', MEMBER],
  ['member.role', MEMBER],
  ['member.remove', MEMBER],
  ['runner.register', DEPLOYMENT],
  ['runner.update', DEPLOYMENT],
  ['runner.drain', DEPLOYMENT],
  ['runner.remove', DEPLOYMENT],
]);

/**
 * Whether a caller with these scopes may see that this was done. What a later version adds is hidden until it is listed
 * here.
 */
export function isVisible(action: string, scopes: ReadonlySet<Permission>): boolean {
  const needed = VISIBLE.get(action);
  return needed !== undefined && mayUse(scopes, needed);
}
