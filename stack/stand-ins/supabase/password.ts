/** Password rules. Source: internal/api/password.go */
import type { Project } from './project.ts';
import { Refusal } from './refusal.ts';

/** bcrypt's limit. */
const MAX_LENGTH = 72;

/** Rejects a password that is too short or too long. */
export function requireStrength({ settings }: Project, password: string): void {
  if (password.length > MAX_LENGTH) {
    throw new Refusal(400, 'validation_failed', `Password cannot be longer than ${MAX_LENGTH} characters`);
  }
  if (password.length >= settings.minPasswordLength) return;
  const message = `Password should be at least ${settings.minPasswordLength} characters.`;
  throw new Refusal(422, 'weak_password', message, ['length']);
}
