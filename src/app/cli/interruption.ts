import { EXIT } from './exit-numbers.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Listens for the wish to stop, while a command has something to put away first. */
export interface Interruption extends Disposable {
  /** Aborts at the first signal. A second one ends the process at once with 130. */
  readonly signal: AbortSignal;
}

/** Takes over Ctrl-C, SIGTERM and SIGHUP until disposed of. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.KILLED);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
