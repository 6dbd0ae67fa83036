import { isAppFluxError } from '@appflux/protocol';

export interface Toast {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly title: string;
  readonly message?: string;
  /** A button. It dismisses the toast. */
  readonly action?: { readonly label: string; readonly run: () => Promise<void> };
}

/** Success toasts disappear after this time, those with a button later. Errors stay until dismissed. */
const GOOD_NEWS_MS = 5000;
const ACTION_MS = 20_000;

/** Toast notifications. */
class Toasts {
  #next = 1;
  items = $state.raw<readonly Toast[]>([]);

  show(toast: Omit<Toast, 'id'>): void {
    const id = this.#next++;
    this.items = [...this.items.slice(-2), { ...toast, id }];
    if (toast.tone !== 'good') return;
    setTimeout(() => this.dismiss(id), toast.action === undefined ? GOOD_NEWS_MS : ACTION_MS);
  }

  /** Shows an error, with what to do about it. */
  failed(title: string, error: unknown): void {
    this.show({ tone: 'bad', title, message: messageOf(error) });
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

/** An error as text: what is wrong, where, and what to do. */
export function messageOf(error: unknown): string {
  if (!isAppFluxError(error))
    return 'Something went wrong on this page. Reload it. If it happens again, report it.';
  const issues =
    error.issues?.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)) ?? [];
  return [sentence(error.message), ...issues.map(sentence), error.hint].filter(Boolean).join(' ');
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

export const toasts = new Toasts();
