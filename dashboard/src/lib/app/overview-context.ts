import { createContext } from 'svelte';
import type { AppOverview } from './app-overview.svelte.ts';

/** The app that the pages under `/apps/[slug]` share. A getter, because navigation can change the app. */
export const [getOverview, setOverview] = createContext<() => AppOverview>();
