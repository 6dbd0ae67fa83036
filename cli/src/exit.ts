/** What a command ends with. Scripts rely on these numbers: docs/cli.md lists them. */
export const EXIT = {
  success: 0,
  /** The deployment failed or was canceled, or its state doesn't allow what was asked for. */
  failed: 1,
  /** The command line is invalid, or names something that doesn't exist. */
  usage: 2,
  /** Not signed in, or not allowed. */
  denied: 3,
  /** The instance can't be reached, or doesn't answer as AppFlux. */
  unreachable: 4,
  /** Stopped by Ctrl-C: 128 and the number of SIGINT, as shells report it. */
  interrupted: 130,
} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];
