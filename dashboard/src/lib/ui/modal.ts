/** What makes an element a modal dialog: it takes the focus, keeps it, and gives it back. */
import type { Attachment } from 'svelte/attachments';

const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

/** The open dialogs; the last is on top of the others. */
const open: HTMLElement[] = [];

/**
 * Moves the parent of the element to the end of the page and keeps the focus in the element until it is removed. Escape
 * calls `close`, unless a dialog above it is open.
 */
export function modal(close: () => void): Attachment<HTMLElement> {
  return (dialog) => {
    const before = pathOf(document.activeElement);
    const page = document.documentElement;
    const root = dialog.parentElement ?? dialog;
    document.body.append(root);
    open.push(dialog);
    lock(page);
    firstOf(dialog).focus();

    const onkeydown = (event: KeyboardEvent) => {
      // An open menu closes first: it is in the top layer, and the browser handles its Escape.
      if (open.at(-1) !== dialog || document.querySelector(':popover-open') !== null) return;
      if (event.key === 'Escape' && !event.isComposing) {
        event.preventDefault();
        close();
      } else if (event.key === 'Tab') keepIn(dialog, event);
    };
    document.addEventListener('keydown', onkeydown);
    return () => {
      document.removeEventListener('keydown', onkeydown);
      // It isn't where Svelte removes it with the page.
      root.remove();
      open.splice(open.indexOf(dialog), 1);
      if (open.length === 0) unlock(page);
      giveBack(before);
    };
  };
}

/** An element and everything around it, from the inside out. */
function pathOf(element: Element | null): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (let at = element; at instanceof HTMLElement; at = at.parentElement) path.push(at);
  return path;
}

/** Gives the focus back, or to the section around what had it if that is gone: the dialog may have deleted its row. */
function giveBack(path: readonly HTMLElement[]): void {
  const there = path.find(({ isConnected }) => isConnected);
  const target = there === path[0] ? there : there?.closest<HTMLElement>('section, main');
  if (target === undefined || target === null) return;
  if (target !== path[0] && !target.hasAttribute('tabindex')) {
    target.tabIndex = -1;
    target.style.outline = 'none';
  }
  target.focus({ preventScroll: true });
}

/** Keeps the page from scrolling, without moving it where its scrollbar takes room. */
function lock(page: HTMLElement): void {
  if (page.dataset.modal !== undefined) return;
  document.body.style.paddingRight = `${innerWidth - page.clientWidth}px`;
  page.dataset.modal = '';
}

function unlock(page: HTMLElement): void {
  delete page.dataset.modal;
  document.body.style.paddingRight = '';
}

/**
 * Where typing starts: the first field, else the first button of the footer, else the dialog itself. Boxes to check are
 * no reason to scroll past the text before them.
 */
function firstOf(dialog: HTMLElement): HTMLElement {
  const [marked, field, button] = [
    '[autofocus]',
    'input:not([type="checkbox"], [type="radio"]), select, textarea',
    'footer button',
  ].map((selector) =>
    [...dialog.querySelectorAll<HTMLElement>(selector)].find((element) => element.matches(FOCUSABLE)),
  );
  return marked ?? field ?? button ?? dialog;
}

/** Tab on the last element goes to the first, and back. */
function keepIn(dialog: HTMLElement, event: KeyboardEvent): void {
  const elements = [...dialog.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    (element) => element.tabIndex >= 0 && element.checkVisibility(),
  );
  const { activeElement } = document;
  const [edge, other] = event.shiftKey ? [elements[0], elements.at(-1)] : [elements.at(-1), elements[0]];
  if (activeElement !== edge && activeElement !== dialog && dialog.contains(activeElement)) return;
  event.preventDefault();
  (other ?? dialog).focus();
}
