import type { App, Deployment } from '@appflux/protocol';
import type { Section } from '#lib/shell/sections.ts';

export type CommandIcon = 'page' | 'app' | 'new' | 'deploy' | 'promote' | 'open' | 'copy' | 'help';

/** Something that can be chosen in the palette. */
export interface Command {
  /** Unique among the commands. */
  id: string;
  label: string;
  /** What it is found by besides its label: the slug of an app. */
  also?: string;
  icon: CommandIcon;
  /** The keys that do the same, for people who want to be quicker. */
  keys?: readonly string[];
  does:
    | { readonly kind: 'goTo'; readonly path: string }
    | { readonly kind: 'open'; readonly url: string }
    | { readonly kind: 'copy'; readonly text: string }
    | { readonly kind: 'help' };
}

/** What the commands are made of. */
export interface Surroundings {
  sections: readonly Pick<Section, 'label' | 'path'>[];
  /** The keys after `g` by path. */
  keysOf: (path: string) => readonly string[] | undefined;
  apps: readonly App[];
  /** The deployment whose page is open. */
  deployment: Deployment | null;
  mayCreate: boolean;
  mayDeploy: boolean;
}

/** Every command there is, those of what is on the page first. */
export function commandsFor({
  sections,
  keysOf,
  apps,
  deployment,
  mayCreate,
  mayDeploy,
}: Surroundings): Command[] {
  return [
    ...(deployment === null ? [] : deploymentCommands(deployment, apps, mayDeploy)),
    ...sections.map(({ label, path }): Command => {
      const keys = keysOf(path);
      return {
        id: `page ${path}`,
        label: `Go to ${label}`,
        icon: 'page',
        ...(keys && { keys }),
        does: { kind: 'goTo', path },
      };
    }),
    ...(mayCreate
      ? [
          {
            id: 'new',
            label: 'New app',
            icon: 'new',
            keys: ['N'],
            does: { kind: 'goTo', path: '/new' },
          } satisfies Command,
        ]
      : []),
    ...apps.flatMap((app) => appCommands(app, mayDeploy)),
    { id: 'help', label: 'Keyboard shortcuts', icon: 'help', keys: ['?'], does: { kind: 'help' } },
  ];
}

function appCommands({ slug, name, release, urls }: App, mayDeploy: boolean): Command[] {
  const address = urls.site ?? urls.page;
  const commands: Command[] = [
    { id: `app ${slug}`, label: name, icon: 'app', does: { kind: 'goTo', path: `/apps/${slug}` } },
    ...(mayDeploy
      ? [
          {
            id: `deploy ${slug}`,
            label: `Deploy ${name}`,
            icon: 'deploy',
            does: { kind: 'goTo', path: `/apps/${slug}?deploy` },
          } satisfies Command,
        ]
      : []),
    ...(release === null
      ? []
      : ([
          {
            id: `open ${slug}`,
            label: `Open ${name} in a new tab`,
            icon: 'open',
            does: { kind: 'open', url: address },
          },
          {
            id: `copy ${slug}`,
            label: `Copy the URL of ${name}`,
            icon: 'copy',
            does: { kind: 'copy', text: address },
          },
        ] satisfies Command[])),
    {
      id: `settings ${slug}`,
      label: `Settings of ${name}`,
      icon: 'page',
      does: { kind: 'goTo', path: `/apps/${slug}/settings` },
    },
  ];
  return commands.map((command) => ({ ...command, also: slug }));
}

function deploymentCommands(deployment: Deployment, apps: readonly App[], mayDeploy: boolean): Command[] {
  const { id, status, urls, app } = deployment;
  const isLive = apps.find(({ slug }) => slug === app.slug)?.release === id;
  const address = urls.site ?? urls.page;
  return [
    ...(mayDeploy && status === 'success' && !isLive
      ? [
          {
            id: 'promote',
            label: 'Promote this deployment to production',
            icon: 'promote',
            does: { kind: 'goTo', path: `/deployments/${id}?promote` },
          } satisfies Command,
        ]
      : []),
    ...(status === 'success' && address !== undefined
      ? [
          {
            id: 'copy-this',
            label: 'Copy the URL of this deployment',
            icon: 'copy',
            does: { kind: 'copy', text: address },
          } satisfies Command,
        ]
      : []),
    {
      id: 'app-of-this',
      label: `Go to ${app.name}`,
      icon: 'app',
      does: { kind: 'goTo', path: `/apps/${app.slug}` },
    },
  ];
}
