/** The system's Chromium, as the dashboard's own tests drive it. */
export { launchBrowser } from '../../dashboard/src/testing/browser.ts';
