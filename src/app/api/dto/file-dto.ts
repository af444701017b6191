import type { FileFacts, PieceFacts } from '../../../core/facts/job-facts.ts';
import type { Answer, FileResource } from '../../../rest/contract.ts';

type PieceResource = Answer<'listPieces'>['files'][number];

/** A file as REST shows it. */
export function fileDto(facts: FileFacts): FileResource {
  return {
    index: facts.index,
    fileId: facts.fileId,
    remoteName: facts.remoteName,
    localName: facts.localName ?? null,
    ranges: facts.ranges.map(({ offset, length }) => ({ offset, length: length ?? null })),
    sizeBytes: facts.sizeBytes ?? null,
    remoteSizeBytes: facts.remoteSizeBytes ?? null,
    bytesTransferred: facts.bytesTransferred,
    transferred: facts.transferred,
    completed: facts.completed,
    digest: facts.digest ?? null,
    integrityCheckMandatory: facts.integrityCheckMandatory ?? null,
    responseHeaders: facts.responseHeaders ?? null,
    stats: facts.stats,
  };
}

/** Which bytes of a file are here, as REST shows it. */
export function pieceDto(facts: PieceFacts): PieceResource {
  return {
    index: facts.index,
    pieceSizeBytes: facts.pieceSizeBytes,
    sizeBytes: facts.sizeBytes ?? null,
    written: facts.written.map(({ start, end }) => ({ start, end })),
    flushed: facts.flushed.map(({ start, end }) => ({ start, end })),
    piecesTotal: facts.piecesTotal ?? null,
    piecesTransferred: facts.piecesTransferred,
  };
}
