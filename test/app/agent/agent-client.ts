import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** One reply, taken apart as strictly as the agent's own clients do. */
export interface AgentReply {
  readonly status: number;
  readonly statusLine: string;
  /** Everything before the body, to the byte. */
  readonly head: string;
  readonly body: string;
}

/** A connection to the listener that sends bytes as they are and reads whole replies. */
export class AgentClient implements Disposable {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #wake: () => void = () => undefined;

  static async open(port: number): Promise<AgentClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new AgentClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    const ended = (): void => {
      this.#hasEnded = true;
      this.#wake();
    };
    socket.on('end', ended).on('close', ended).on('error', ended);
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends a call the way the agent's SDK does, and reads its reply. */
  call(method: string, target: string, headers: readonly string[] = []): Promise<AgentReply> {
    this.send(requestText(method, target, headers));
    return this.reply();
  }

  /** Reads one reply with its Content-Length; a connection that ends meanwhile fails the test. */
  async reply(): Promise<AgentReply> {
    const headEnd = await this.#indexOf('\r\n\r\n');
    const head = this.#received.toString('latin1', 0, headEnd + 4);
    const length = Number(/\r\nContent-Length: (\d+)\r\n/.exec(head)?.[1]);
    assert.ok(Number.isInteger(length), `no Content-Length in ${head}`);
    while (this.#received.length < head.length + length) await this.#more();
    const body = this.#received.toString('utf8', head.length, head.length + length);
    this.#received = this.#received.subarray(head.length + length);
    const [statusLine = ''] = head.split('\r\n', 1);
    return { status: Number(statusLine.split(' ')[1]), statusLine, head, body };
  }

  /** Everything until the listener ends the connection. */
  async rest(): Promise<string> {
    while (!this.#hasEnded) await this.#wakeUp();
    return this.#received.toString('latin1');
  }

  /** Bytes that have come and belong to no reply that was read. */
  get unread(): number {
    return this.#received.length;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  async #indexOf(text: string): Promise<number> {
    for (;;) {
      const index = this.#received.indexOf(text, 0, 'latin1');
      if (index !== -1) return index;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    assert.ok(
      !this.#hasEnded,
      `the connection ended after ${JSON.stringify(String(this.#received))}`,
    );
    await this.#wakeUp();
  }

  #wakeUp(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** A request as the agent's SDK sends it: no slash before the target, two headers. */
export function requestText(
  method: string,
  target: string,
  headers: readonly string[] = [],
): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: 127.0.0.1',
    'User-Agent: DO-SDK-CPP',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The whole reply to a call that went well, to the byte. */
export function okReply(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\nServer: Delivery-Optimization-Agent/1.1.0\r\n\r\n${body}`;
}

/** The body of a reply to a call that failed. */
export function errorBody(hresult: number): string {
  return `{ "ErrorCode": ${hresult | 0} }`;
}
