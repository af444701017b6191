import type { HaulyardManager } from '../core/interfaces/haulyard-manager.ts';
import type { RestClient } from '../rest/client.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { clientClock } from './client-clock.ts';
import { DownloadManager } from './download-manager.ts';
import { EventHub } from './event-hub.ts';
import { JobCallbacks } from './job-callbacks.ts';
import { RemoteManager } from './manager.ts';
import { closedError, type Remote } from './remote.ts';
import { StatusCallbacks } from './status-callbacks.ts';

export interface OpenRemoteOptions {
  readonly rest: RestClient;
  /** Name of the user the service takes this process for. */
  readonly caller: string;
  readonly onWarning: (message: string) => void;
  /** Lets go of the connections. */
  readonly close: () => void;
}

/** A manager on a service that has answered. */
export function openRemote({ rest, caller, onWarning, close }: OpenRemoteOptions): HaulyardManager {
  const clock = clientClock;
  const closing = new AbortController();
  const hub = new EventHub({ rest, clock, caller, onWarning });
  const acknowledgements = new Acknowledgements({ rest, clock, onWarning });
  const callbacks = new JobCallbacks({ clock, hub, acknowledgements });
  const statusCallbacks = new StatusCallbacks({ clock, hub, slots: callbacks.slots, onWarning });
  const remote: Remote = {
    rest,
    caller,
    clock,
    callbacks,
    statusCallbacks,
    streams: new Map(),
    signal: closing.signal,
    onWarning,
  };
  let closed: Promise<void> | undefined;
  const dispose = async (): Promise<void> => {
    closing.abort(closedError());
    callbacks.close();
    statusCallbacks.close();
    // A callback that has just returned still counts as told: its acknowledgement comes first.
    await new Promise<void>((resolve) => void clock.after(0, resolve));
    await acknowledgements.close();
    await hub.close();
    close();
  };
  return new RemoteManager(remote, new DownloadManager(remote), () => (closed ??= dispose()));
}
