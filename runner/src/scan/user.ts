/** As whom the scanner runs: it reads hostile files, so never as root. */
import { execa } from 'execa';

export interface User {
  /** Null to stay who this process is. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
}

/** The user that ClamAV's packages make. */
const CLAMAV = 'clamav';
/** What every Linux has (nobody, nogroup), should there be no such user. */
const NOBODY = 65_534;

/** The user to run clamd as: for root ClamAV's own, for anybody else themselves. */
export async function scannerUser(): Promise<User> {
  if (process.getuid?.() !== 0) return { ids: null };
  const entry = await execa('getent', ['passwd', CLAMAV], { reject: false });
  const [, , uid, gid] = entry.exitCode === 0 ? entry.stdout.split(':') : [];
  return { ids: { uid: Number(uid ?? NOBODY), gid: Number(gid ?? NOBODY) } };
}
