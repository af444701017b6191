import { orWord } from './scalar-types.ts';
import type { ValueType } from './value-type.ts';

/** One key of the file. */
export interface KeySpec<T> {
  /** As it stands in its section. */
  readonly name: string;
  readonly type: ValueType<T>;
  /** A sentence on what it does. */
  readonly about: string;
  /** The default as it would be written; undefined for a key that is not set. */
  readonly fallback: unknown;
  /** Where no default can be written down: where it comes from. */
  readonly fallbackWords?: string;
  /** The policies of Delivery Optimization it stands for. */
  readonly policy?: string;
  /** What has to be there before the key has an effect. */
  readonly awaits?: 'peers' | 'cache';
  /** A path, which counts from the working directory in the environment and on the command line. */
  readonly isPath?: true;
  /** Its value holds secrets, and is shown without them. */
  readonly secret?: true;
}

/** Facts about a key beyond its type and default. */
export type KeyFacts = Omit<KeySpec<unknown>, 'name' | 'type' | 'about' | 'fallback'>;

/** The keys of a section, by the properties of its values. */
export type SectionSpec<Section> = {
  readonly [Property in keyof Section]-?: KeySpec<Section[Property]>;
};

/** A key that always has a value. */
export function key<T>(
  name: string,
  type: ValueType<T>,
  fallback: unknown,
  about: string,
  facts: KeyFacts = {},
): KeySpec<T> {
  return { name, type, fallback, about, ...facts };
}

/** A key that need not be set. */
export function optional<T>(
  name: string,
  type: ValueType<T>,
  about: string,
  facts: KeyFacts = {},
): KeySpec<T | undefined> {
  return { name, type, fallback: undefined, about, ...facts };
}

/** A limit that need not be set; `unlimited` takes away what a weaker source has set. */
export function limit(
  name: string,
  type: ValueType<number>,
  about: string,
  facts: KeyFacts = {},
): KeySpec<number | undefined> {
  return optional(name, orWord(type, 'unlimited', undefined), about, facts);
}
