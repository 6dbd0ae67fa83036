import type { ActivityDeployment, ActivityItem } from '@appflux/protocol';

/** What was done, as a phrase of its own beside the name of who did it. */
const LABELS: Readonly<Record<string, string>> = {
  'app.create': 'Created an app',
  'app.update': 'Changed an app',
  'app.access': 'Changed who can open an app',
  'app.schedules': 'Changed schedules',
  'app.delete': 'Deleted an app',
  'variable.set': 'Set a variable',
  'variable.delete': 'Deleted a variable',
  'file.set': 'Set a file',
  'file.delete': 'Deleted a file',
  'state.export': 'Exported state',
  'state.delete': 'Deleted state',
  'release.set': 'Changed the release',
  'release.lock': 'Locked the release',
  'release.unlock': 'Unlocked the release',
  'expo_key.set': 'Set the key that signs updates',
  'expo_key.delete': 'Deleted the key that signs updates',
  'expo_update.roll_back': 'Rolled installed apps back to their embedded update',
  'deployment.create': 'Started a deployment',
  'deployment.redeploy': 'Redeployed',
  'deployment.cancel': 'Canceled a deployment',
  'deployment.approve': 'Approved a deployment',
  'deployment.promote': 'Promoted to production',
  'deployment.pin': 'Pinned a deployment',
  'deployment.unpin': 'Unpinned a deployment',
  'deployment.notes': 'Wrote release notes',
  'deployment.succeeded': 'Deployment is ready',
  'deployment.failed': 'Deployment failed',
  'deployment.canceled': 'Deployment was canceled',
  'hook.call': 'Started a deployment',
  'domain.add': 'Added a domain',
  'domain.verify': 'Verified a domain',
  'domain.remove': 'Removed a domain',
  'member.join': 'Joined the team',
  'member.role': 'Changed a role',
  'member.remove': 'Removed a member',
  'runner.register': 'Registered a runner',
  'runner.update': 'Changed a runner',
  'runner.drain': 'Drained a runner',
  'runner.remove': 'Removed a runner',
};

/** What was done. An action of a newer server is shown by its name. */
export const actionLabel = (action: string): string => LABELS[action] ?? action;

/** A deployment’s title: its commit message or the name of its ZIP; empty if it has neither. */
export const titleOf = ({ commitMessage, uploadName }: ActivityDeployment): string =>
  commitMessage?.trim() || uploadName || '';

/** The slug of the app that an item leads to; null if it isn’t about an app, or the app is gone. */
export const appOf = ({ action, subject }: ActivityItem): string | null =>
  subject?.kind === 'app' && action !== 'app.delete' ? subject.name : null;

/** The items of each day in the visitor’s time zone, in their order. `dayOf` names the day of a moment. */
export function byDay(
  items: readonly ActivityItem[],
  dayOf: (moment: string) => string,
): { day: string; items: ActivityItem[] }[] {
  const days: { day: string; items: ActivityItem[] }[] = [];
  for (const item of items) {
    const day = dayOf(item.at);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}
