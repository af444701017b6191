/** What the signals of the process mean to a service. */
export interface SignalHandlers {
  /** SIGTERM and SIGINT. */
  readonly stop: (why: string) => void;
  /** SIGHUP. */
  readonly reload: () => void;
}

/** Listens to the signals until it is disposed of. */
export function onSignals(handlers: SignalHandlers): Disposable {
  const listeners: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ['SIGTERM', () => handlers.stop('SIGTERM')],
    ['SIGINT', () => handlers.stop('SIGINT')],
    ['SIGHUP', () => handlers.reload()],
  ];
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
