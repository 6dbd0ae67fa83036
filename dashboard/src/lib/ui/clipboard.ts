/**
 * Copies text to the clipboard. Returns whether that succeeded. Text that has yet to be loaded is passed to the browser
 * as a promise, so that the write counts as triggered by the click. Rejects if loading fails. On insecure origins, such
 * as another machine over plain HTTP, there is no clipboard API, so this uses the deprecated `execCommand`.
 */
export async function copyText(coming: string | Promise<string>): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      if (typeof coming === 'string') await navigator.clipboard.writeText(coming);
      else await navigator.clipboard.write([new ClipboardItem({ 'text/plain': coming })]);
      return true;
    } catch {
      // No focus or permission: `execCommand` may still work. If loading failed, the next line throws.
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
