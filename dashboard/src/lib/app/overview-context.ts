import { createContext } from 'svelte';
import type { AppOverview } from './app-overview.svelte.ts';

/** The app that the pages under `/apps/[slug]` share; asked for again when the address names another. */
export const [getOverview, setOverview] = createContext<() => AppOverview>();
