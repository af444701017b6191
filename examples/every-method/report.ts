import { isDeliveryOptimizationError } from 'haulyard';

interface Row {
  readonly method: string;
  readonly result: string;
  readonly passed: boolean;
}

/** Collects what each method did, and prints it as a table. */
export class Report {
  readonly #rows: Row[] = [];

  /**
   * Runs the check of one method and notes its result.
   *
   * @param check - throws when something is not as it should be; its text is the result shown
   */
  async check(method: string, check: () => Promise<string>): Promise<void> {
    try {
      this.#rows.push({ method, result: await check(), passed: true });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // Assertions print both values on lines of their own; a table has room for one line.
      this.#rows.push({ method, result: text.replaceAll(/\s+/g, ' ').trim(), passed: false });
    }
  }

  /** Fails for each of the methods that no check was made of. */
  demand(interfaceName: string, methods: readonly string[]): void {
    for (const name of methods) {
      const method = `${interfaceName}.${name}`;
      if (this.#rows.some((row) => row.method === method)) continue;
      this.#rows.push({ method, result: 'was never called', passed: false });
    }
  }

  /** Prints the table and a last line with the counts; true when every check passed. */
  print(): boolean {
    const width = Math.max(...this.#rows.map(({ method }) => method.length));
    console.log(`${'method'.padEnd(width)}  result`);
    for (const { method, result, passed } of this.#rows) {
      console.log(`${method.padEnd(width)}  ${passed ? '' : 'FAILED: '}${result}`);
    }
    const failed = this.#rows.filter(({ passed }) => !passed).length;
    console.log(
      `${this.#rows.length} rows, ${this.#rows.length - failed} passed, ${failed} failed`,
    );
    return failed === 0;
  }
}

/** Expects the call to be refused with exactly this code, and returns the code. */
export async function refusal(code: string, call: () => Promise<unknown>): Promise<string> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (isDeliveryOptimizationError(error) && error.code === code) return code;
    throw error;
  }
  throw new Error(`${code} was expected, and the call resolved to ${JSON.stringify(result)}`);
}
