import { DeliveryOptimizationError } from '../../../src/core/errors.ts';
import type { AgentDownloads, AgentStatus } from '../../../src/app/agent/agent-downloads.ts';

export const FAKE_ID = '91e29445-7ea3-d042-863f-09f2a3dee801';

/** Downloads that only write down what is asked of them. */
export class FakeAgentDownloads implements AgentDownloads {
  /** Each call as `name argument…`, with absent arguments as `-`. */
  readonly calls: string[] = [];
  /** Answers every call with this failure while it is set. */
  failure: unknown;
  /** Makes every call wait. */
  hold: Promise<void> | undefined;
  current: AgentStatus = {
    state: 'Transferring',
    bytesTotal: 209_715_200,
    bytesTransferred: 5_242_032,
    error: 0,
    extendedError: 0,
  };
  readonly properties: Map<string, string> = new Map([
    ['Id', FAKE_ID],
    ['Uri', 'http://example.com/a b'],
    ['DownloadFilePath', '/tmp/x'],
    ['NoProgressTimeoutSeconds', '0'],
  ]);

  async create(uri: string | undefined, path: string | undefined): Promise<string> {
    await this.#called('create', uri ?? '-', path ?? '-');
    return FAKE_ID;
  }

  start(id: string): Promise<void> {
    return this.#called('start', id);
  }

  pause(id: string): Promise<void> {
    return this.#called('pause', id);
  }

  finalize(id: string): Promise<void> {
    return this.#called('finalize', id);
  }

  abort(id: string): Promise<void> {
    return this.#called('abort', id);
  }

  async status(id: string): Promise<AgentStatus> {
    await this.#called('status', id);
    return this.current;
  }

  async getProperty(id: string, key: string): Promise<string> {
    await this.#called('getProperty', id, key);
    return this.properties.get(key) ?? '';
  }

  setProperty(id: string, key: string, value: string): Promise<void> {
    return this.#called('setProperty', id, key, value);
  }

  async #called(name: string, ...args: readonly string[]): Promise<void> {
    this.calls.push([name, ...args].join(' '));
    await this.hold;
    if (this.failure !== undefined) throw this.failure;
    if (name !== 'create' && args[0] !== FAKE_ID) {
      throw new DeliveryOptimizationError('E_NOT_SET', 'Unknown.');
    }
  }
}
