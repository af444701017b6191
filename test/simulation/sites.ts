import type { MemoryWeb } from '../support/memory-http-transport.ts';
import type { Content } from '../support/origin-content.ts';
import type { Fault } from '../support/origin-faults.ts';
import type { Chance } from './chance.ts';

/** Which validators a server sends for a file. */
type Validators = 'both' | 'tag' | 'weak' | 'date' | 'none';

const VALIDATORS: readonly Validators[] = ['both', 'both', 'tag', 'weak', 'date', 'none'];

/** The remote files of one simulation, with every version each of them ever had. */
export class Sites {
  readonly urls: readonly string[];
  readonly #web: MemoryWeb;
  readonly #chance: Chance;
  readonly #wallMs: () => number;
  readonly #versions = new Map<string, Buffer[]>();
  readonly #validators = new Map<string, Validators>();

  constructor(web: MemoryWeb, chance: Chance, wallMs: () => number) {
    this.#web = web;
    this.#chance = chance;
    this.#wallMs = wallMs;
    this.urls = Array.from({ length: 5 }, (_, at) => `http://host-${at % 3}.test/file-${at}`);
    for (const url of this.urls) {
      this.#validators.set(url, chance.of(VALIDATORS));
      this.change(url);
    }
  }

  versions(url: string): readonly Buffer[] {
    return this.#versions.get(url) ?? [];
  }

  sizeOf(url: string): number {
    return this.versions(url).at(-1)!.length;
  }

  /** Replaces the content behind a URL. */
  change(url: string): void {
    const versions = this.#versions.get(url) ?? [];
    const number = versions.length;
    const body = Buffer.alloc(this.#size(url));
    // Four bytes at a time, each word telling version and place: no two versions look alike.
    for (let at = 0; at + 4 <= body.length; at += 4) {
      body.writeUInt32LE(((this.urls.indexOf(url) * 64 + number) * 1_048_576 + at) >>> 0, at);
    }
    body.fill(number + 1, body.length - (body.length % 4));
    this.#versions.set(url, [...versions, body]);
    this.#web.put(url, this.#content(url, body, number));
  }

  #size(url: string): number {
    const old = this.versions(url).at(-1)?.length;
    const validators = this.#validators.get(url);
    // Without validators only the size can tell two versions apart (http.md 3).
    if (old !== undefined && validators !== 'none' && this.#chance.happens(0.4)) return old;
    if (this.#chance.happens(0.1)) return validators === 'none' && old === 0 ? 1 : 0;
    const size = 1 + this.#chance.below(this.#chance.happens(0.3) ? 1_000 : 300_000);
    return size === old ? size + 1 : size;
  }

  #content(url: string, body: Buffer, number: number): Content {
    const validators = this.#validators.get(url)!;
    const tag = `"${this.urls.indexOf(url)}.${number}"`;
    const sendsDate = validators === 'both' || validators === 'date';
    return {
      body,
      etag:
        validators === 'weak'
          ? `W/${tag}`
          : validators === 'both' || validators === 'tag'
            ? tag
            : null,
      lastModified: sendsDate ? new Date(Date.UTC(2024, 0, 1) + number * 3_600_000) : null,
      date: new Date(this.#wallMs()),
    };
  }
}

/**
 * One thing that goes wrong with an answer; each heals by itself. No lie about the size is among
 * them: one that is believed, under validators that stay, is contradicted by the truth for ever.
 * Nor do validators vanish: of ranges without any, equal sizes are all there is to compare.
 */
export function randomFault(chance: Chance): Fault {
  const bytes = chance.below(100_000);
  const faults: readonly Fault[] = [
    { kind: 'reset-mid-body', afterBytes: bytes },
    { kind: 'close-mid-body', afterBytes: bytes },
    { kind: 'reset-before-head' },
    { kind: 'long-body', extraBytes: 1 + chance.below(50) },
    { kind: 'end-on-next-request', how: 'reset' },
    { kind: 'ignore-range' },
    { kind: 'content-range', addToStart: 1, addToEnd: 1 },
    { kind: 'content-range-text', value: undefined },
    { kind: 'moved-range', byBytes: 100 },
    { kind: 'shorter-range', bytes: 1 + chance.below(10_000) },
    { kind: 'multipart' },
    { kind: 'unsatisfiable' },
    { kind: 'unsatisfiable', contentRange: null },
    { kind: 'weak-etag' },
    { kind: 'status', status: chance.of([404, 403, 412, 416, 421, 500, 503]) },
    { kind: 'retry-after', status: 429, value: chance.below(120) },
    { kind: 'drip', bytes: 500, everyMs: 400 },
    { kind: 'stall', afterBytes: bytes },
    { kind: 'stall', afterBytes: bytes, forMs: 5_000 },
    { kind: 'slow-head', delayMs: chance.below(30_000) },
    { kind: 'never-answer' },
    { kind: 'chunked', chunkBytes: 4_000 },
    { kind: 'chunked-cut', afterBytes: bytes },
    { kind: 'until-close' },
  ];
  return chance.of(faults);
}
