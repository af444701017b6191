/** A stored record that does not say what it should. The reason names the field, never its value. */
export class BadRecord extends Error {
  override readonly name: string = 'BadRecord';
}

/**
 * Reads the fields of a row or of a JSON object, and accepts nothing that the writer could not have
 * written. SQL's NULL and a member that is absent both count as undefined.
 */
export class Fields {
  readonly #source: Readonly<Record<string, unknown>>;
  /** Put before a field's name in a reason: `last_failure.` */
  readonly #prefix: string;

  constructor(source: Readonly<Record<string, unknown>>, prefix = '') {
    this.#source = source;
    this.#prefix = prefix;
  }

  /** The fields of a JSON value that has to be an object. */
  static ofJson(value: unknown, name: string): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new BadRecord(`${name} is not an object`);
    }
    return new Fields(value as Record<string, unknown>, `${name}.`);
  }

  text(name: string): string {
    return this.#required(name, this.optionalText(name));
  }

  optionalText(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.#bad(name, 'is not a text');
  }

  /** A list of texts in a JSON value. */
  texts(name: string): readonly string[] {
    const value = this.#required(name, this.#value(name));
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw this.#bad(name, 'is not a list of texts');
  }

  /** An integer that a number holds exactly. */
  integer(name: string): number {
    return this.#required(name, this.optionalInteger(name));
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    // Rows read a second time with bigints have one in every integer column (see collectRows).
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (Number.isSafeInteger(number)) return number as number;
    throw this.#bad(name, 'is not an integer in range');
  }

  /** An integer of at least 0. */
  count(name: string): number {
    return this.#required(name, this.optionalCount(name));
  }

  optionalCount(name: string): number | undefined {
    const value = this.optionalInteger(name);
    if (value !== undefined && value < 0) throw this.#bad(name, 'is negative');
    return value;
  }

  /** A finite number of at least 0. */
  amount(name: string): number {
    const value = this.#value(name);
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number;
    throw this.#bad(name, 'is not an amount');
  }

  /** A truth value: 0 or 1 in a row, false or true in JSON. */
  flag(name: string): boolean {
    return this.#required(name, this.optionalFlag(name));
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 0 || value === 1 || value === 0n || value === 1n) return Number(value) === 1;
    throw this.#bad(name, 'is neither true nor false');
  }

  /** One of the values listed. */
  oneOf<T extends string | number>(name: string, allowed: readonly T[]): T {
    const value = this.#value(name);
    const plain = typeof value === 'bigint' ? Number(value) : value;
    if (allowed.includes(plain as T)) return plain as T;
    throw this.#bad(name, 'has a value that is not known');
  }

  /** A member of a JSON object, whatever it is; undefined when it is absent. */
  member(name: string): unknown {
    return this.#value(name);
  }

  /** The JSON value in a text column. */
  json(name: string): unknown {
    return this.#parsed(name, this.text(name));
  }

  optionalJson(name: string): unknown {
    const text = this.optionalText(name);
    return text === undefined ? undefined : this.#parsed(name, text);
  }

  #parsed(name: string, text: string): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw this.#bad(name, 'is not JSON');
    }
  }

  #value(name: string): unknown {
    return this.#source[name] ?? undefined;
  }

  #required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw this.#bad(name, 'is missing');
    return value;
  }

  #bad(name: string, what: string): BadRecord {
    return new BadRecord(`${this.#prefix}${name} ${what}`);
  }
}
