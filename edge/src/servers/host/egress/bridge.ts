/** Passes on what another server answers, and gives its place back when the connection has ended. */

/** The response, and a promise that resolves when its body was read, canceled or broke off. */
export function watchedBody(response: Response): { response: Response; ended: Promise<void> } {
  if (response.body === null) return { response, ended: Promise.resolve() };
  const { readable, writable } = new IdentityTransformStream();
  // Anyone who reads the other end gets the error; here only the end counts.
  const ended = response.body.pipeTo(writable).catch(() => undefined);
  return { response: new Response(readable, response), ended };
}

/**
 * Carries bytes between a site's server and a remote one. Resolves when the remote one has ended, or either has broken
 * off. The server's own end only says that it has nothing more to send.
 */
export async function carried(site: Socket, remote: Socket): Promise<void> {
  site.readable.pipeTo(remote.writable).catch(() => remote.close());
  try {
    await remote.readable.pipeTo(site.writable);
  } finally {
    await Promise.allSettled([remote.close(), site.close()]);
  }
}
