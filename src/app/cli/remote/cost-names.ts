import { BITS_JOB_TRANSFER_POLICY } from '../../../core/constants.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';

const POLICIES: ReadonlyMap<string, number> = new Map(
  Object.entries(BITS_JOB_TRANSFER_POLICY).map(([name, value]) => [
    name.toLowerCase().replaceAll('_', '-'),
    value,
  ]),
);

/** `--cost` and `cost=`: a name of a transfer policy, or a mask of cost states as a number. */
export function costFlags(option: string, text: string): number {
  const known = POLICIES.get(text.toLowerCase());
  if (known !== undefined) return known;
  const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (value <= 0xffffffff) return value;
  throw new CommandError(
    EXIT.BAD_OPTION,
    `${option}: "${text}" is none of ${[...POLICIES.keys()].join(', ')}, and no mask such as 0x80000021.`,
  );
}

/** The name of a mask, or the mask in hexadecimal. */
export function costName(flags: number): string {
  const unsigned = flags >>> 0;
  for (const [name, value] of POLICIES) if (value === unsigned) return name;
  return `0x${unsigned.toString(16)}`;
}
