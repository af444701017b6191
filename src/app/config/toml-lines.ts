/** The way to a value: names of tables and keys, and indexes in arrays of tables. */
export type TomlPath = readonly (string | number)[];

/**
 * Finds the lines on which keys stand in a TOML document, because the parser tells of values only
 * what they are.
 *
 * The document must be one that the parser has accepted: this looks for keys and skips everything
 * else. What lies inside an inline table or an array has the line of the key it belongs to.
 *
 * @returns a function from a path to its line, counted from 1; undefined when no part of it is there
 */
export function tomlLines(text: string): (path: TomlPath) => number | undefined {
  const lines = new Map<string, number>();
  const arrays = new Map<string, number>();
  const scanner = new Scanner(text);
  let table: TomlPath = [];
  while (scanner.toStatement()) {
    const { line } = scanner;
    const brackets = scanner.openingBrackets();
    const key = scanner.key();
    if (brackets === 0) {
      remember(lines, [...table, ...key], line);
      scanner.skipValue();
      continue;
    }
    table = resolvePath(key, arrays, brackets === 2);
    remember(lines, table, line);
    scanner.skipLine();
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

function remember(lines: Map<string, number>, path: TomlPath, line: number): void {
  // A dotted key makes the tables on its way, and they first stand where it does.
  for (let length = 1; length <= path.length; length++) {
    const name = JSON.stringify(path.slice(0, length));
    if (!lines.has(name)) lines.set(name, line);
  }
}

/** The path of a header: inside arrays of tables it means their last element, or a new one. */
function resolvePath(
  key: readonly string[],
  arrays: Map<string, number>,
  isNew: boolean,
): TomlPath {
  let path: TomlPath = [];
  for (const [at, part] of key.entries()) {
    path = [...path, part];
    const name = JSON.stringify(path);
    if (isNew && at === key.length - 1) arrays.set(name, (arrays.get(name) ?? -1) + 1);
    const index = arrays.get(name);
    if (index !== undefined) path = [...path, index];
  }
  return path;
}

/** A place in a document that moves forward only, and knows its line. */
class Scanner {
  line = 1;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Moves to the next header or key; false at the end. */
  toStatement(): boolean {
    for (;;) {
      this.#take(/[ \t\r\n]*/y);
      if (this.#peek() !== '#') return this.#at < this.#text.length;
      this.skipLine();
    }
  }

  /** 0 before a key, 1 before a table's header, 2 before that of an array's element. */
  openingBrackets(): number {
    return this.#take(/\[{0,2}/y).length;
  }

  /** The parts of a dotted key. */
  key(): readonly string[] {
    const parts: string[] = [];
    do {
      this.#take(/[ \t]*/y);
      parts.push(this.#keyPart());
      this.#take(/[ \t]*/y);
    } while (this.#take(/\.?/y) === '.');
    return parts;
  }

  skipLine(): void {
    this.#take(/[^\n]*/y);
  }

  /** Skips `= value`, to the end of the line on which the value ends. */
  skipValue(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      this.#take(/[^"'#[\]{}\n]*/y);
      const next = this.#peek();
      if (next === '"' || next === "'") this.#skipString();
      else if (next === '#') this.skipLine();
      else if (next === '\n' && depth === 0) return;
      else {
        if (next === '[' || next === '{') depth++;
        if (next === ']' || next === '}') depth--;
        this.#move(1);
      }
    }
  }

  #keyPart(): string {
    const quoted = this.#take(/(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*')?/y);
    if (quoted === '') return this.#take(/[A-Za-z0-9_-]*/y);
    if (quoted.startsWith("'")) return quoted.slice(1, -1);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      // An escape that only TOML has; the line of such a key is not worth a decoder.
      return quoted;
    }
  }

  #skipString(): void {
    const long = this.#take(
      /(?:"""(?:[^"\\]|\\[^]|"{1,2}(?!"))*"{3,5}|'''(?:[^']|'{1,2}(?!'))*'{3,5})?/y,
    );
    if (long !== '' || this.#take(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y) !== '') return;
    // Not closed, which the parser refuses; this has to come to an end all the same.
    this.#move(1);
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [taken = ''] = pattern.exec(this.#text) ?? [];
    this.#move(taken.length);
    return taken;
  }

  #move(characters: number): void {
    const passed = this.#text.slice(this.#at, this.#at + characters);
    this.line += passed.split('\n').length - 1;
    this.#at += characters;
  }
}
