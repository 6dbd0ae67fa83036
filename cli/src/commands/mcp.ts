/** `appflux mcp` */
import { once } from 'node:events';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';

export const mcp: CommandSpec = {
  name: 'mcp',
  summary: 'Serve the API as tools for assistants (MCP), over standard input and output',
  define: (command, context) =>
    command
      .option('--allow-writes', 'also offer tools that deploy, cancel, promote, roll back and set variables')
      .action(({ allowWrites = false }: { allowWrites?: boolean }) => serve(context, allowWrites)),
};

/** Serves until standard input ends. Standard output has the protocol only. */
async function serve(context: Context, allowWrites: boolean): Promise<void> {
  const { client, url } = await context.session();
  const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
  const { createMcpServer } = await import('../mcp/server.ts');
  const { stdin, stdout } = context.host;
  const server = createMcpServer({ client, url, allowWrites });
  const ended = Promise.race([once(stdin, 'end'), once(stdin, 'close')]);
  await server.connect(new StdioServerTransport(stdin, stdout));
  context.output.note(
    `Serving ${url} as tools${allowWrites ? ', with those that change something' : '; they only read'}.`,
  );
  await ended;
  await server.close();
}
