/** What the public sees of an App, without JavaScript and without an account. */
import { router } from '../http/router.ts';
import { downloads } from './download.ts';
import { pages } from './page.ts';

export const publicPages = router();

publicPages.route('/', pages);
publicPages.route('/', downloads);
