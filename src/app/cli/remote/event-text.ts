import { formatBytes, formatRate } from '../../../core/units.ts';
import type { StreamedEvent } from '../../../rest/event-stream.ts';
import { printable } from '../printable.ts';
import { percent } from '../progress/progress-text.ts';
import { errorLine } from '../report.ts';
import { timeText } from './time-text.ts';

/** An event on one line. */
export function eventText(event: StreamedEvent): string {
  if (event.kind === 'progress') {
    const { bytesTotal, bytesTransferred, bytesPerSecond } = event;
    const share = percent({ bytesTotal: bytesTotal ?? undefined, bytesTransferred });
    const rate = formatRate(Math.round(bytesPerSecond));
    return `${event.jobId}  ${share === '' ? formatBytes(bytesTransferred) : share}, ${rate}`;
  }
  return `${event.sequence}  ${timeText(event.at)}  ${event.jobId}  ${whatHappened(event)}`;
}

function whatHappened(event: Exclude<StreamedEvent, { kind: 'progress' }>): string {
  switch (event.kind) {
    case 'job.created':
      return `created: ${printable(event.displayName)}`;
    case 'job.changed':
      return `changed: ${event.what.join(', ')}`;
    case 'job.state':
      return event.failure === undefined
        ? `${event.from} -> ${event.to}`
        : `${event.from} -> ${event.to}: ${errorLine(event.failure)}`;
    case 'file.transferred':
      return `file ${event.fileIndex} is here`;
  }
}
