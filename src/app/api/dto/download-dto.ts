import { toSigned } from '../../../core/hresult.ts';
import type {
  DO_DOWNLOAD_STATUS,
  DownloadPropertyValue,
} from '../../../core/interfaces/download.ts';
import type { DownloadResource, PropertyValueResource } from '../../../rest/contract.ts';
import { downloadStateName } from './names.ts';

/** A download as REST shows it. */
export function downloadDto(id: string, status: DO_DOWNLOAD_STATUS): DownloadResource {
  const { bytesTotal, bytesTransferred, state, error, extendedError } = status;
  return {
    id,
    bytesTotal,
    bytesTransferred,
    state: downloadStateName(state),
    error: toSigned(error),
    extendedError: toSigned(extendedError),
  };
}

/** A property's value with its kind; undefined for an object of this process. */
export function propertyDto(
  value: Exclude<DownloadPropertyValue, Uint8Array>,
): PropertyValueResource | undefined {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value };
    case 'number':
      return { type: 'number', value };
    case 'boolean':
      return { type: 'boolean', value };
    default:
      return value === null ? { type: 'null' } : undefined;
  }
}
