import { BG_LENGTH_TO_EOF } from '../../../core/constants.ts';
import type { FileOptions } from '../../../core/interfaces/file.ts';
import type { WantedJob } from '../../../engine/service/transfer-service.ts';
import type { FileArguments } from '../../../engine/validate/file-arguments.ts';
import type { ParsedBody } from '../../../rest/contract.ts';
import { priorityOfName } from './names.ts';

type NewJobBody = ParsedBody<'createJob'>;
type NewFileBody = ParsedBody<'addFiles'>['files'][number];

/** What a createJob request asks of the engine. Values are the engine's to judge. */
export function wantedJob(body: NewJobBody): WantedJob {
  const { displayName, type, priority, files, maxBytesPerSecond, ...rest } = body;
  return {
    ...present(rest),
    displayName,
    ...(type === undefined ? {} : { type }),
    ...(priority === undefined ? {} : { priority: priorityOfName(priority) }),
    ...(files === undefined ? {} : { files: files.map(fileArguments) }),
    ...(maxBytesPerSecond === undefined || maxBytesPerSecond === null ? {} : { maxBytesPerSecond }),
  };
}

/** What one entry of a list of files asks of the engine. Without a `localName` it is set later. */
export function fileArguments(body: NewFileBody): FileArguments {
  const { remoteName, localName, fileId, ranges, sizeBytes, digest } = body;
  return {
    url: remoteName,
    ...(localName === null || localName === undefined ? { withoutSink: true } : { localName }),
    ...(fileId === undefined ? {} : { fileId }),
    ...(ranges === undefined
      ? {}
      : {
          ranges: ranges.map(({ offset, length }) => ({
            initialOffset: offset,
            length: length ?? BG_LENGTH_TO_EOF,
          })),
        }),
    ...(sizeBytes === undefined ? {} : { fileSize: sizeBytes }),
    // The engine checks the name of the algorithm and the digits, and says what is wrong with them.
    ...(digest === undefined ? {} : { options: { digest } as FileOptions }),
  };
}

type Present<Value> = { [Key in keyof Value]?: Exclude<Value[Key], undefined> };

/** The members that have a value, so that an absent one is never an `undefined` one. */
function present<Value extends object>(value: Value): Present<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Present<Value>;
}
