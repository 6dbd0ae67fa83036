/** What the public sees of an App, without JavaScript and without an account. */
import { router } from '../http/router.ts';
import { badges } from './badge/index.ts';
import { cards } from './card/index.ts';
import { downloads } from './download.ts';
import { latest } from './latest.ts';
import { pages } from './page.ts';
import { qrCodes } from './qr.ts';

export const publicPages = router();

for (const routes of [cards, pages, latest, badges, qrCodes, downloads]) publicPages.route('/', routes);
