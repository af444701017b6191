import { DO_LENGTH_TO_EOF, DODownloadProperty } from '../../../core/constants.ts';
import { DeliveryOptimizationError } from '../../../core/errors.ts';
import type { DO_DOWNLOAD_RANGES_INFO, IDODownload } from '../../../core/interfaces/download.ts';
import type { DownloadResource, ParsedBody } from '../../../rest/contract.ts';
import { pathOf } from '../../../rest/routes.ts';
import { sendContent } from '../downloads/send-content.ts';
import { downloadDto, propertyDto } from '../dto/download-dto.ts';
import { encodeCursor, idOfCursor } from '../http/cursor.ts';
import { badRequest } from '../http/refusal.ts';
import { commonHeaders } from '../http/common-headers.ts';
import type { Call, Handlers } from './handler.ts';

export const downloadHandlers: Handlers<
  | 'listDownloads'
  | 'createDownload'
  | 'getDownload'
  | 'startDownload'
  | 'pauseDownload'
  | 'abortDownload'
  | 'finalizeDownload'
  | 'getDownloadProperty'
  | 'setDownloadProperty'
  | 'readDownload'
> = {
  async listDownloads({ service, caller, query }) {
    const { property, value, limit, cursor } = query;
    if ((property === undefined) !== (value === undefined)) {
      throw badRequest('query', 'property and value belong together');
    }
    const afterId = idOfCursor(cursor);
    const page = service.downloadPage(caller, {
      limit,
      ...(afterId === undefined ? {} : { afterId }),
      ...(property === undefined
        ? {}
        : { category: { property: property as DODownloadProperty, value: value! } }),
    });
    const { nextAfterId } = page;
    return {
      downloads: await Promise.all(page.downloads.map(shown)),
      next: nextAfterId === undefined ? null : encodeCursor(nextAfterId),
    };
  },

  async createDownload({ service, caller, reply }) {
    const download = await shown(await service.downloads(caller).createDownload());
    void reply.header('location', pathOf('getDownload', { id: download.id }));
    return download;
  },

  getDownload: ({ service, caller, params }) => shown(service.download(caller, params.id)),

  async startDownload({ service, caller, params, body }) {
    const download = service.download(caller, params.id);
    await download.start(...rangesOf(body));
    return shown(download);
  },

  pauseDownload: (call) => act(call, (download) => download.pause()),

  async abortDownload(call) {
    const { id } = call.params;
    // Asked first whether it is the caller's: nobody ends the stream of somebody else.
    call.service.download(call.caller, id);
    // Whoever waits to write is let go before the abort, which waits for it.
    call.streams.forget(id);
    return act(call, (download) => download.abort());
  },

  async finalizeDownload(call) {
    const download = await act(call, (download) => download.finalize());
    call.streams.forget(call.params.id);
    return download;
  },

  async getDownloadProperty({ service, caller, params, streams }) {
    const download = service.download(caller, params.id);
    const property = params.property as DODownloadProperty;
    const value = await download.getProperty(property);
    const shownValue = propertyDto(value);
    if (shownValue !== undefined) return shownValue;
    if (property === DODownloadProperty.StreamInterface && streams.has(params.id)) {
      return { type: 'stream' };
    }
    throw new DeliveryOptimizationError(
      'E_NOTIMPL',
      `Property ${property} holds an object of another process and cannot be sent.`,
    );
  },

  async setDownloadProperty({ service, caller, params, body, streams }) {
    const download = service.download(caller, params.id);
    const property = params.property as DODownloadProperty;
    switch (body.type) {
      case 'bytes':
        await download.setProperty(property, Buffer.from(body.value, 'base64'));
        break;
      case 'null':
        await download.setProperty(property, null);
        if (property === DODownloadProperty.StreamInterface) streams.forget(params.id);
        break;
      case 'stream':
        await setStream(download, property, streams, params.id);
        break;
      default:
        await download.setProperty(property, body.value);
    }
    return shown(download);
  },

  async readDownload({ service, caller, params, streams, open, reply }) {
    const download = service.download(caller, params.id);
    const ended = open.add(() => void reply.raw.destroy());
    try {
      await sendContent(download, streams.toRead(params.id), reply, commonHeaders());
    } finally {
      ended();
    }
    return undefined;
  },
};

async function setStream(
  download: IDODownload,
  property: DODownloadProperty,
  streams: Call<'setDownloadProperty'>['streams'],
  id: string,
): Promise<void> {
  const had = streams.has(id);
  try {
    // Any other property refuses a stream by its own rules.
    await download.setProperty(property, streams.of(id));
  } catch (error) {
    if (!had) streams.forget(id);
    throw error;
  }
}

async function act(
  { service, caller, params }: Pick<Call<'getDownload'>, 'service' | 'caller' | 'params'>,
  action: (download: IDODownload) => Promise<void>,
): Promise<DownloadResource> {
  const download = service.download(caller, params.id);
  await action(download);
  return shown(download);
}

async function shown(download: IDODownload): Promise<DownloadResource> {
  const id = (await download.getProperty(DODownloadProperty.Id)) as string;
  return downloadDto(id, await download.getStatus());
}

/** As `start` takes it: absent, null and a list mean different things there. */
function rangesOf({ ranges }: ParsedBody<'startDownload'>): [] | [DO_DOWNLOAD_RANGES_INFO | null] {
  if (ranges === undefined) return [];
  if (ranges === null) return [null];
  return [
    {
      ranges: ranges.map(({ offset, length }) => ({ offset, length: length ?? DO_LENGTH_TO_EOF })),
    },
  ];
}
