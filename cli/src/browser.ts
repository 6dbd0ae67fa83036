/** Opens the person's browser. */
import open from 'open';

/** Whether a browser was started. It may still fail to show the page, so print the URL as well. */
export async function openBrowser(url: string): Promise<boolean> {
  // The URL comes from the instance, and one of another scheme may start any program.
  if (!/^https?:\/\//.test(url)) return false;
  try {
    const child = await open(url);
    // Without a listener, a program that doesn't exist would end this one.
    child.on('error', () => undefined);
    return true;
  } catch {
    // There is no browser, as on a server. The URL is on the screen, which is enough.
    return false;
  }
}
