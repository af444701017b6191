/** Sleep that a call can end early; a call that comes before the sleep is not lost. */
export class Wake {
  #rung = false;
  #end: (() => void) | undefined;

  /** Ends the sleep, or the next one before it begins. */
  ring(): void {
    this.#rung = true;
    this.#end?.();
  }

  /** Resolves after `ms`, or as soon as it is rung. */
  async sleep(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
    this.#end = undefined;
  }
}
