import type { ClientPart } from '@appflux/client';
import { type AppFluxError, type ApprovedDevice, type DeviceRequest, UserCode } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';

type Calls = ClientPart<{ device: 'get' | 'approve' | 'deny' }>;

/** Approving the login of a program without a browser, such as the command line. */
export class DeviceLogin {
  readonly #api: Calls;
  /** As typed. */
  code = $state('');
  days = $state('90');
  request = $state.raw<DeviceRequest | null>(null);
  approved = $state.raw<ApprovedDevice | null>(null);
  denied = $state(false);
  busy = $state<'looking' | 'approving' | 'denying' | null>(null);
  error = $state.raw<AppFluxError | null>(null);

  constructor(api: Calls) {
    this.#api = api;
  }

  /** What is wrong with the code; null if it has the right form. */
  get codeProblem(): string | null {
    return UserCode.safeParse(this.code).success ? null : 'Enter the eight letters that the program shows.';
  }

  /** Looks up what the code belongs to. */
  async find(): Promise<void> {
    await this.#run('looking', async () => {
      this.request = await this.#api.device.get(UserCode.parse(this.code));
    });
  }

  async approve(): Promise<void> {
    await this.#run('approving', async () => {
      this.approved = await this.#api.device.approve({
        userCode: this.code,
        expiresInDays: Number(this.days),
      });
    });
  }

  async deny(): Promise<void> {
    await this.#run('denying', async () => {
      await this.#api.device.deny({ userCode: this.code });
      this.denied = true;
    });
  }

  /** Starts over with another code. */
  reset(): void {
    this.code = '';
    this.request = null;
    this.approved = null;
    this.denied = false;
    this.error = null;
  }

  async #run(what: NonNullable<DeviceLogin['busy']>, work: () => Promise<void>): Promise<void> {
    if (this.busy !== null) return;
    this.busy = what;
    this.error = null;
    try {
      await work();
    } catch (error) {
      this.error = toError(error);
    } finally {
      this.busy = null;
    }
  }
}
