import { parseArgs } from 'node:util';

/** An option of one benchmark; every one takes a value. */
export interface BenchOption {
  /** What stands for the value in the help: `MIB`, `N`. */
  readonly value: string;
  readonly default: string;
  readonly help: string;
}

/** What a benchmark was asked to do. */
export interface BenchArguments {
  /** File name of the benchmark, without its ending. */
  readonly name: string;
  /** How often each contender runs. */
  readonly rounds: number;
  /** Where the report goes; undefined for its ordinary place. */
  readonly json: string | undefined;
  /** Every option with its value, as the report keeps them. */
  readonly values: Readonly<Record<string, string>>;
  /** An option's value; throws for one the benchmark does not have. */
  text(option: string): string;
  /** An option's value as a number above 0; ends the process with a sentence for anything else. */
  positive(option: string): number;
  /** Whether a case is among those of `--only`, which has exact names with commas between them. */
  wants(name: string): boolean;
}

/** Five, unless a benchmark has its own reason. */
const DEFAULT_ROUNDS = '5';

/**
 * Reads the arguments of a benchmark from the command line. `--rounds`, `--json` and `--help` are
 * common to all; `--help` prints all of them and ends the process.
 *
 * @param about - sentences that begin the help
 */
export function benchArguments(
  name: string,
  about: string,
  own: Readonly<Record<string, BenchOption>> = {},
): BenchArguments {
  const options: Readonly<Record<string, BenchOption>> = {
    ...own,
    rounds: own['rounds'] ?? {
      value: 'N',
      default: DEFAULT_ROUNDS,
      help: 'how often each contender runs; its medians count',
    },
    json: {
      value: 'FILE',
      default: '',
      help: `where the report goes (default: bench/results/${name}.json)`,
    },
  };
  const values = parse(name, options);
  if (values === undefined) {
    console.log(helpText(name, about, options));
    process.exit(0);
  }
  const text = (option: string): string => {
    const value = values[option];
    if (value === undefined) throw new Error(`The benchmark ${name} has no option --${option}.`);
    return value;
  };
  const positive = (option: string): number => {
    const value = Number(text(option));
    if (Number.isFinite(value) && value > 0) return value;
    return fail(name, `--${option} takes a number above 0, not ${text(option)}.`);
  };
  const wants = (each: string): boolean => {
    const only = text('only');
    return only === '' || only.split(',').includes(each);
  };
  const rounds = positive('rounds');
  if (!Number.isInteger(rounds)) fail(name, `--rounds takes a whole number, not ${rounds}.`);
  const { json, ...rest } = values;
  return { name, rounds, json: json || undefined, values: rest, text, positive, wants };
}

/** The value of every option, or undefined when help was asked for. */
function parse(
  name: string,
  options: Readonly<Record<string, BenchOption>>,
): Readonly<Record<string, string>> | undefined {
  const defaults = Object.entries(options).map(([key, option]) => [key, option.default] as const);
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        ...Object.fromEntries(
          defaults.map(([key, value]) => [key, { type: 'string' as const, default: value }]),
        ),
      },
    });
    const given: Readonly<Record<string, string | boolean | undefined>> = values;
    if (given['help'] === true) return undefined;
    return Object.fromEntries(defaults.map(([key]) => [key, String(given[key])]));
  } catch (error) {
    return fail(name, (error as Error).message);
  }
}

function fail(name: string, sentence: string): never {
  console.error(`${sentence}\nnpm run bench -- ${name} --help tells the options.`);
  process.exit(2);
}

function helpText(
  name: string,
  about: string,
  options: Readonly<Record<string, BenchOption>>,
): string {
  const lines = Object.entries(options).map(([key, { value, default: fallback, help }]) => {
    const suffix = fallback === '' ? '' : ` (default: ${fallback})`;
    return `  ${`--${key} ${value}`.padEnd(20)} ${help}${suffix}`;
  });
  return `Usage: npm run bench -- ${name} [options]\n\n${about}\n\n${lines.join('\n')}`;
}
