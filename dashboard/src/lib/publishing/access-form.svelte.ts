import { type Access, type App, SitePassword, type UpdateApp } from '@appflux/protocol';

/** The choices of who may see something. */
export const ACCESS_OPTIONS: readonly { value: Access; label: string }[] = [
  { value: 'public', label: 'Everyone' },
  { value: 'team', label: 'Members of the team' },
  { value: 'password', label: 'Anyone who knows the password' },
];

/** The form of who may see what an app publishes. */
export class AccessForm {
  production = $state<Access>('public');
  previews = $state<Access>('public');
  /** A new password. The one that is set can't be read. */
  password = $state('');
  /** Whether a password is stored. */
  hasPassword = $state(false);

  constructor({ access, hasPassword }: App) {
    this.production = access.production;
    this.previews = access.previews;
    this.hasPassword = hasPassword;
  }

  get asksForPassword(): boolean {
    return this.production === 'password' || this.previews === 'password';
  }

  get passwordProblem(): string | null {
    if (!this.asksForPassword) return null;
    if (this.password === '') return this.hasPassword ? null : 'Enter a password.';
    return SitePassword.safeParse(this.password).success ? null : 'Use 8 to 200 characters.';
  }

  get valid(): boolean {
    return this.passwordProblem === null;
  }

  toChange(): UpdateApp {
    const { production, previews, password } = this;
    const isNew = this.asksForPassword && password !== '';
    return { access: { production, previews }, ...(isNew ? { password } : {}) };
  }
}
