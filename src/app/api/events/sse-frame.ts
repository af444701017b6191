import type { EventRecord } from '../../../core/facts/event.ts';
import type { ProgressFacts } from '../../../engine/service/transfer-service.ts';
import type { ResetResource } from '../../../rest/contract.ts';
import { eventDto, progressDto } from '../dto/event-dto.ts';

/** Sent first: headers go out with it, and a client that loses the stream comes back after a second. */
export const OPENING = ': haulyard\nretry: 1000\n\n';

/** Keeps the connection alive through whatever closes silent ones. */
export const HEARTBEAT = ':\n\n';

/** The listeners in step read the same records: each is written out once for all of them. */
const frames = new WeakMap<EventRecord, string>();

/** An event with its number, which `Last-Event-ID` gives back. */
export function eventFrame(event: EventRecord): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = `id: ${event.sequence}\nevent: ${event.body.kind}\n${dataOf(eventDto(event))}`;
  frames.set(event, frame);
  return frame;
}

/** Progress has no number: it is never replayed. */
export function progressFrame(facts: ProgressFacts): string {
  return `event: progress\n${dataOf(progressDto(facts))}`;
}

/** Events are gone; its number lets a client that comes back go on from here. */
export function resetFrame(trimmed: number, last: number, place: number): string {
  const reset: ResetResource = { kind: 'reset', trimmed, last };
  return `id: ${place}\nevent: reset\n${dataOf(reset)}`;
}

/** JSON has no line break of its own, so one data line carries it. */
function dataOf(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
