import { DODownloadProperty } from '../../core/constants.ts';
import { readableProperty } from '../../core/download/check-property.ts';
import { readProperty } from '../../core/download/read-property.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { DownloadPropertyValue } from '../../core/interfaces/download.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';

/** The value of a property; DO_E_UNKNOWN_PROPERTY_ID, DO_E_WRITE_ONLY_PROPERTY or E_NOT_SET. */
export function getDownloadProperty(
  engine: Engine,
  live: LiveJob,
  id: unknown,
): Exclude<DownloadPropertyValue, Uint8Array> {
  const row = readableProperty(id);
  const value = valueOf(engine, live, row);
  if (value !== undefined) return value;
  throw new DeliveryOptimizationError('E_NOT_SET', `${row.name} has not been set.`);
}

function valueOf(
  engine: Engine,
  live: LiveJob,
  row: ReturnType<typeof readableProperty>,
): Exclude<DownloadPropertyValue, Uint8Array> | undefined {
  switch (row.id) {
    case DODownloadProperty.CallbackInterface:
      return live.download?.callback;
    case DODownloadProperty.StreamInterface:
      return live.download?.stream;
    case DODownloadProperty.HttpCustomHeaders:
      return engine.ports.store.loadCustomHeaders(live.id);
    default:
      return readProperty(
        row,
        live.job,
        live.job.files.total === 0 ? undefined : live.files[0],
        live.download?.lastAnswer,
      );
  }
}
