/**
 * Puts text on the clipboard and answers whether that worked. Text that has yet to be loaded is handed to the browser as
 * a promise, so that it counts as asked for by the press of the button. Throws what loading it throws. On an insecure
 * origin, such as another machine's address over plain http, browsers offer no clipboard API; there the old command is
 * used.
 */
export async function copyText(coming: string | Promise<string>): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      if (typeof coming === 'string') await navigator.clipboard.writeText(coming);
      else await navigator.clipboard.write([new ClipboardItem({ 'text/plain': coming })]);
      return true;
    } catch {
      // Refused, for want of focus or permission: the old command may still work. Or not loaded, which is thrown next.
    }
  }
  const text = await coming;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr-only';
  area.setAttribute('aria-hidden', 'true');
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
