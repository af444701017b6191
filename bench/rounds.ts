import type { Column, Row, Table } from './report-types.ts';

/** One contender of a comparison. */
export interface Contender {
  readonly name: string;
  /** Runs once and tells what it took, in seconds. */
  run(): Promise<Cost>;
}

export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  /** Largest resident memory in MB, where it is known. */
  readonly residentMb?: number;
}

/** Medians of all rounds, with the wall time of each. */
export interface Result extends Cost {
  readonly name: string;
  readonly walls: readonly number[];
}

/**
 * Runs all contenders once in each round, so that whatever else the machine does hits them alike,
 * and gives the median of each. Every round begins with another one, so that nobody always runs
 * after the same neighbour and what it left to be written.
 */
export async function interleaved(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Result[]> {
  const costs = contenders.map((): Cost[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let step = 0; step < contenders.length; step += 1) {
      const index = (round + step) % contenders.length;
      costs[index]!.push(await contenders[index]!.run());
    }
    process.stderr.write(`round ${round + 1} of ${rounds} done\n`);
  }
  return contenders.map(({ name }, index) => resultOf(name, costs[index]!));
}

function resultOf(name: string, costs: readonly Cost[]): Result {
  const walls = costs.map(({ wall }) => wall);
  const resident = costs.flatMap(({ residentMb }) => residentMb ?? []);
  return {
    name,
    walls,
    wall: median(walls),
    cpu: median(costs.map(({ cpu }) => cpu)),
    ...(resident.length > 0 && { residentMb: median(resident) }),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The result of that name; throws when there is none. */
export function resultNamed(results: readonly Result[], name: string): Result {
  const found = results.find((result) => result.name === name);
  if (found === undefined) throw new Error(`No contender is called ${name}.`);
  return found;
}

/** What every row of results has: the figures, and how far to trust them. */
export function costRow({ name, wall, cpu, residentMb, walls }: Result): Row {
  return {
    name,
    wall,
    cpu,
    residentMb: residentMb ?? null,
    // (slowest - fastest) / median: how far one run may be from the next.
    spread: (Math.max(...walls) - Math.min(...walls)) / wall,
    walls: walls.map((each) => each.toFixed(3)).join(' '),
  };
}

/** The columns of `costRow`, with those of a benchmark in between. */
export function costColumns(...own: readonly Column[]): readonly Column[] {
  return [
    { key: 'name', title: 'contender' },
    { key: 'wall', title: 'wall s' },
    ...own,
    { key: 'cpu', title: 'CPU s' },
    { key: 'residentMb', title: 'resident MB', digits: 0 },
    { key: 'spread', title: 'spread' },
  ];
}

/**
 * A table of results, each beside its ratio to the first.
 *
 * @param workName - heading of a column with the work done in a second, such as `MB/s`
 * @param work - how much of it one run does
 */
export function ratioTable(
  id: string,
  title: string,
  results: readonly Result[],
  workName: string,
  work: number,
): Table {
  const [base] = results;
  return {
    id,
    title,
    columns: costColumns(
      { key: 'wallRatio', title: 'ratio' },
      { key: 'perSecond', title: workName, digits: 0 },
    ).toSpliced(5, 0, { key: 'cpuRatio', title: 'ratio' }),
    rows: results.map((result) => ({
      ...costRow(result),
      perSecond: work / result.wall,
      wallRatio: result.wall / base!.wall,
      cpuRatio: result.cpu / base!.cpu,
    })),
  };
}
