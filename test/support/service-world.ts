import { mkdir } from 'node:fs/promises';

import { owedToHooks } from '../../src/engine/hooks/owed-events.ts';
import { createTransferService } from '../../src/engine/service/create-transfer-service.ts';
import { EventHub } from '../../src/engine/service/event-hub.ts';
import type { Caller, TransferService } from '../../src/engine/service/transfer-service.ts';
import type { Engine, EngineSettings } from '../../src/engine/engine.ts';
import { DEFAULT_RETRY_POLICY } from '../../src/core/retry/retry-delay.ts';
import { MIN_SPLIT_BYTES, TIME_SLICE_MS } from '../../src/core/limits.ts';
import { openEngine, type OpenEngineOptions } from '../../src/open-engine.ts';
import { ManualNetwork } from './manual-network.ts';
import { temporaryDirectory } from './temporary.ts';

export const ANNA: Caller = { user: 'anna', administrator: false };
export const BERT: Caller = { user: 'bert', administrator: false };
export const ADMIN: Caller = { user: 'admin', administrator: true };

/** An engine on the real store and disk, as a service has it. */
export interface ServiceWorld extends AsyncDisposable {
  readonly engine: Engine;
  readonly hub: EventHub;
  readonly service: TransferService;
  readonly network: ManualNetwork;
  readonly warnings: readonly string[];
  /** A path in the directory for downloads. */
  target(name: string): string;
  /** Closes the engine and opens another one on the same data, as a service that is restarted. */
  reopen(): Promise<void>;
}

export async function openServiceWorld(
  settings: Partial<EngineSettings> = {},
  options: Partial<Pick<OpenEngineOptions, 'partialsFor'>> = {},
): Promise<ServiceWorld> {
  const directory = await temporaryDirectory();
  await mkdir(directory.join('downloads'));
  const warnings: string[] = [];
  const network = new ManualNetwork();
  const open = async (): Promise<{
    engine: Engine;
    hub: EventHub;
    service: TransferService;
    close: () => Promise<void>;
  }> => {
    const running = await openEngine({
      dataDir: directory.join('data'),
      processName: 'test',
      ca: undefined,
      network,
      onWarning: (message) => warnings.push(message),
      settings: (store) => ({
        transfer: {
          pieceSizeBytes: 1_048_576,
          minSplitBytes: MIN_SPLIT_BYTES,
          connectionsPerFile: 4,
          userAgent: 'haulyard/test',
        },
        slots: { foregroundSlots: 8, backgroundSlots: 4, timeSliceMs: TIME_SLICE_MS },
        retry: { ...DEFAULT_RETRY_POLICY, delaysMs: [20, 40, 80], jitter: 0 },
        connectionsPerOrigin: 4,
        maxBytesPerSecond: undefined,
        owner: 'admin',
        startInterrupted: true,
        owedEvents: () => owedToHooks(store.notes),
        onWarning: (message) => warnings.push(message),
        ...settings,
      }),
      ...options,
    });
    const { engine } = running;
    const hub = new EventHub(engine);
    const service = createTransferService(engine, hub);
    return {
      engine,
      hub,
      service,
      close: async () => {
        service[Symbol.dispose]();
        hub[Symbol.dispose]();
        await running.close();
      },
    };
  };
  let opened = await open();
  return {
    get engine() {
      return opened.engine;
    },
    get hub() {
      return opened.hub;
    },
    get service() {
      return opened.service;
    },
    network,
    warnings,
    target: (name) => directory.join('downloads', name),
    async reopen() {
      await opened.close();
      opened = await open();
    },
    async [Symbol.asyncDispose]() {
      await opened.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}
