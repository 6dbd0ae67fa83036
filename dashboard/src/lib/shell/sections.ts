import Activity from '@lucide/svelte/icons/activity';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import House from '@lucide/svelte/icons/house';
import LayoutGrid from '@lucide/svelte/icons/layout-grid';
import Rocket from '@lucide/svelte/icons/rocket';
import Server from '@lucide/svelte/icons/server';
import Settings from '@lucide/svelte/icons/settings';
import type { Component } from 'svelte';
import type { RouteId } from '$app/types';

/** An entry of the main navigation. */
export interface Section {
  label: string;
  path: Exclude<RouteId, `${string}[${string}`>;
  icon: Component<{ class?: string; 'aria-hidden'?: 'true' }>;
  /** The paths that belong to it, with everything below them. `/` stands for itself alone. */
  within: readonly string[];
  /** On a phone: in the bar at the bottom, or behind its More button. Narrow windows do the same at the top. */
  onPhone: 'bar' | 'more';
}

/** The main navigation, in its order. */
export const SECTIONS: readonly Section[] = [
  { label: 'Overview', path: '/', icon: House, within: ['/'], onPhone: 'bar' },
  {
    label: 'Apps',
    path: '/apps',
    icon: LayoutGrid,
    within: ['/apps'],
    onPhone: 'bar',
  },
  { label: 'Deployments', path: '/deployments', icon: Rocket, within: ['/deployments'], onPhone: 'bar' },
  { label: 'Activity', path: '/activity', icon: Activity, within: ['/activity'], onPhone: 'more' },
  {
    label: 'Analytics',
    path: '/analytics',
    icon: ChartColumn,
    within: ['/analytics'],
    onPhone: 'more',
  },
  { label: 'Runners', path: '/runners', icon: Server, within: ['/runners'], onPhone: 'more' },
  {
    label: 'Settings',
    path: '/settings/account',
    icon: Settings,
    within: ['/settings'],
    onPhone: 'more',
  },
];

/** Whether a path belongs to a section. */
export const isWithin = ({ within }: Pick<Section, 'within'>, pathname: string): boolean =>
  within.some((path) => pathname === path || (path !== '/' && pathname.startsWith(`${path}/`)));
