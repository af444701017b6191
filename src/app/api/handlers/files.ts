import { DeliveryOptimizationError } from '../../../core/errors.ts';
import type { Caller, TransferService } from '../../../engine/service/transfer-service.ts';
import type { FileResource, ParsedBody } from '../../../rest/contract.ts';
import { pathOf } from '../../../rest/routes.ts';
import { fileDto, pieceDto } from '../dto/file-dto.ts';
import { fileArguments } from '../dto/wanted-job.ts';
import { encodeCursor, numberOfCursor } from '../http/cursor.ts';
import type { Handlers } from './handler.ts';

export const fileHandlers: Handlers<
  'listFiles' | 'addFiles' | 'getFile' | 'changeFile' | 'listPieces'
> = {
  listFiles({ service, caller, params, query }) {
    const after = numberOfCursor(query.cursor);
    const { files, total } = service.files(caller, params.id, { after, limit: query.limit });
    return { files: files.map(fileDto), next: nextOf(after + files.length, total) };
  },

  async addFiles({ service, caller, params, body, reply }) {
    const files = await service.addFiles(caller, params.id, body.files.map(fileArguments));
    void reply.header('location', pathOf('listFiles', { id: params.id }));
    return { files: files.map(fileDto), next: null };
  },

  getFile: ({ service, caller, params }) => fileOf(service, caller, params.id, params.index),

  async changeFile({ service, caller, params, body }) {
    fileOf(service, caller, params.id, params.index);
    await applyFileChange(service, caller, params, body);
    return fileOf(service, caller, params.id, params.index);
  },

  listPieces({ service, caller, params, query }) {
    const after = numberOfCursor(query.cursor);
    const { files, total } = service.pieces(caller, params.id, { after, limit: query.limit });
    return { files: files.map(pieceDto), next: nextOf(after + files.length, total) };
  },
};

function nextOf(reached: number, total: number): string | null {
  return reached < total ? encodeCursor(reached) : null;
}

function fileOf(service: TransferService, caller: Caller, id: string, index: number): FileResource {
  const { files, total } = service.files(caller, id, { after: index, limit: 1 });
  const [file] = files;
  if (file !== undefined) return fileDto(file);
  throw new DeliveryOptimizationError(
    'BG_E_FILE_NOT_FOUND',
    `Job ${id} has ${total} files, counted from 0; there is no file ${index}.`,
  );
}

/** The properties in the order of their ids, then the URL. */
async function applyFileChange(
  service: TransferService,
  caller: Caller,
  { id, index }: { readonly id: string; readonly index: number },
  { properties, remoteName }: ParsedBody<'changeFile'>,
): Promise<void> {
  const files = await service.job(caller, id).enumFiles();
  await files.skip(index);
  const [file] = await files.next(1);
  for (const [property, value] of Object.entries(properties ?? {})) {
    await file!.setDOProperty(Number(property), value);
  }
  if (remoteName !== undefined) await file!.setRemoteName(remoteName);
}
