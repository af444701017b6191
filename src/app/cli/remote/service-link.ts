import { openNodeSender, type ServiceAddress } from '../../../client/node-sender.ts';
import { RestClient } from '../../../rest/client.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';

/** A service that answers, and the way to it. */
export interface ServiceLink extends AsyncDisposable {
  readonly rest: RestClient;
  /** For messages: the socket or the address. */
  readonly where: string;
  /** Over a socket or a pipe: its process is one of this machine. */
  readonly local: boolean;
}

/** A link over a Unix socket or a pipe of Windows. */
export function linkToSocket(socket: string): ServiceLink {
  return linkTo({ socket }, `the socket ${socket}`);
}

/**
 * A link over TCP, with the token of `HAULYARD_TOKEN`.
 *
 * @throws CommandError 28 for an address that is none, 41 without a token
 */
export function linkToUrl(text: string): ServiceLink {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CommandError(
      EXIT.BAD_OPTION,
      '--url and HAULYARD_URL name a service as http://127.0.0.1:7755 does.',
    );
  }
  const token = process.env['HAULYARD_TOKEN'];
  if (token === undefined || token === '') {
    throw new CommandError(
      EXIT.NOT_PERMITTED,
      'Over TCP the service knows you by a token: put one that `haulyard daemon token` made into HAULYARD_TOKEN.',
    );
  }
  return linkTo({ url, token }, url.origin);
}

function linkTo(address: ServiceAddress, where: string): ServiceLink {
  const sender = openNodeSender(address);
  return {
    rest: new RestClient({ send: sender.send, where }),
    where,
    local: 'socket' in address,
    async [Symbol.asyncDispose]() {
      sender[Symbol.dispose]();
    },
  };
}
