/** Runs tasks one after the other, in the order they came. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    // The next task waits for this one's end, whichever way it ends; its caller hears of a failure.
    this.#last = result.then(ignore, ignore);
    return result;
  }
}

function ignore(): void {}
