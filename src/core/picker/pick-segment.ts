import { stretchAt } from '../piece/file-ranges.ts';
import { addRange, gaps } from '../piece/interval-set.ts';
import { divide } from './divide-segment.ts';
import type { Pick, PickInput } from './segment-work.ts';

/**
 * What a free connection should fetch next, or undefined when there is nothing worth a request.
 *
 * A gap goes first, and whole, up to the end of its stretch. Then somebody else's work is divided:
 * not in halves, but so that by the rates seen all are finished at the same time, in requests of
 * some length, and only while that saves more time than asking costs. In the end, what is left with
 * a slow connection may be too little to divide and is raced for; with a silent one, always.
 */
export function pickSegment(input: PickInput): Pick | undefined {
  let spoken = input.written;
  for (const segment of input.active) spoken = addRange(spoken, segment.start, segment.end);
  const gap = gaps(spoken, 0, input.sizeBytes)[0];
  if (gap !== undefined) {
    const stretchEnd = stretchAt(input.stretches, gap.start)?.local.end ?? gap.end;
    return { kind: 'gap', segment: { start: gap.start, end: Math.min(gap.end, stretchEnd) } };
  }
  return divide(input);
}
