import { createServer, type AddressInfo, type Socket } from 'node:net';

import { resetSocket } from '../../support/reset-socket.ts';
import type { WildAnswer } from './wild-answer.ts';

/** A server that answers one request as it is told, and the next one, a probe, properly. */
export interface WildServer extends AsyncDisposable {
  /** Prepares the answer to the next request that is no probe, and returns its URL. */
  play(answer: WildAnswer, mayKeep: boolean): string;
  readonly probeUrl: string;
  readonly probeBody: string;
  /** Resolves once all of the answer has been sent and had the time to arrive. */
  quiet(): Promise<void>;
  /** The last probe came on the connection that the last answer went out on. */
  probedOnTheSame(): boolean;
}

const PROBE_BODY = 'the answer to the probe';

export async function startWildServer(): Promise<WildServer> {
  const sockets = new Set<Socket>();
  let next: { readonly answer: WildAnswer; readonly mayKeep: boolean } | undefined;
  let playedOn: Socket | undefined;
  let probedOn: Socket | undefined;
  let playing: Promise<void> = Promise.resolve();

  const answer = (socket: Socket, target: string): void => {
    if (target.startsWith('/probe')) {
      probedOn = socket;
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${PROBE_BODY.length}\r\n\r\n`;
      socket.write(head + PROBE_BODY);
      return;
    }
    const played = next;
    next = undefined;
    // A request that was sent again, as nothing here should be.
    if (played === undefined) {
      socket.destroy();
      return;
    }
    playedOn = socket;
    playing = play(socket, played.answer, played.mayKeep);
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Clients that hang up are what this is about.
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const target = text.split(' ', 2)[1] ?? '';
      text = text.slice(end + 4);
      answer(socket, target);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    play(wild, mayKeep) {
      next = { answer: wild, mayKeep };
      playedOn = undefined;
      return `${origin}/file`;
    },
    probeUrl: `${origin}/probe`,
    probeBody: PROBE_BODY,
    async quiet() {
      await playing;
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    probedOnTheSame: () => playedOn !== undefined && playedOn === probedOn,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function play(
  socket: Socket,
  { wire, cuts, ending }: WildAnswer,
  mayKeep: boolean,
): Promise<void> {
  const ends = [...new Set([...cuts.filter((cut) => cut < wire.length), wire.length])];
  let start = 0;
  for (const end of ends.sort((a, b) => a - b)) {
    await written(socket, wire.subarray(start, end));
    // The parts arrive apart from each other.
    await new Promise((resolve) => setImmediate(resolve));
    start = end;
  }
  if (ending === 'keep' && mayKeep) return;
  if (ending === 'reset') resetSocket(socket);
  else socket.end();
}

/** Resolves once the bytes are with the system, or nobody wants them any more. */
function written(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed || bytes.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('close', done);
      resolve();
    };
    socket.once('close', done);
    socket.write(bytes, done);
  });
}
