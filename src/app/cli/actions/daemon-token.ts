import { ownUser } from '../../config/own-user.ts';

import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { timeText } from '../remote/time-text.ts';

/** Options of `daemon token`, as typed. */
export interface TokenOptions extends GlobalOptions {
  readonly config?: string;
  readonly user?: string;
  readonly admin?: boolean;
  readonly list?: boolean;
  readonly revoke?: string;
}

/** `daemon token`: makes, lists or revokes the tokens by which users are known on TCP. */
export async function daemonToken(options: TokenOptions): Promise<number> {
  const output = openOutput(options);
  const { user, admin, list, revoke } = options;
  const makes = user !== undefined || admin === true;
  if ([makes, list === true, revoke !== undefined].filter(Boolean).length > 1) {
    throw new CommandError(
      EXIT.BAD_OPTION,
      'Make a token (--user, --admin), --list them or --revoke one user’s: one at a time.',
    );
  }
  const dataDir = await dataDirectory(options);
  const daemon = await import('../../../daemon.ts');
  if (list === true) {
    const tokens = daemon.listTokens(dataDir);
    output.list(tokens.map(({ sha256: _, ...shown }) => shown));
    if (output.json) return EXIT.OK;
    if (tokens.length === 0) output.line('No tokens. `haulyard daemon token` makes one.');
    for (const token of tokens) {
      const rights = token.administrator ? 'administrator' : 'user';
      output.line(
        `${printable(token.user).padEnd(20)} ${rights.padEnd(14)} ${timeText(token.createdAt)}`,
      );
    }
    return EXIT.OK;
  }
  if (revoke !== undefined) {
    const revoked = daemon.revokeTokens(dataDir, revoke);
    output.object({ user: revoke, revoked });
    const tokens = revoked === 1 ? 'a token is' : `${revoked} tokens are`;
    const told = revoked === 0 ? 'there is no token for that user' : `${tokens} void now`;
    output.line(`${printable(revoke)}: ${told}`);
    // A misspelt name must not look like a success.
    return revoked > 0 ? EXIT.OK : EXIT.BAD_OPTION;
  }
  const owner = user ?? ownUser();
  const token = daemon.createToken(dataDir, { user: owner, administrator: admin === true });
  output.object({ user: owner, administrator: admin === true, token });
  output.value(token);
  output.line(
    `A token for ${printable(owner)}. It is shown this once; only a digest of it is kept.`,
  );
  return EXIT.OK;
}

/** Where the service that would read the tokens keeps them. */
async function dataDirectory(options: TokenOptions): Promise<string> {
  const { loadConfig } = await import('../../config/load-config.ts');
  const { values } = await loadConfig({
    ...(options.dataDir !== undefined && { flags: { 'daemon.data_dir': options.dataDir } }),
    ...(options.config !== undefined && { configFile: options.config }),
  });
  return values.daemon.dataDir;
}
