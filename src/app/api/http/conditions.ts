import { badRequest, Refusal } from './refusal.ts';

/** The entity tag of a revision. */
export function etagOf(revision: string): string {
  return `"${revision}"`;
}

/**
 * Refuses with 412 unless If-Match names the revision, or is `*` or absent. Tags are compared
 * strongly: a weak one promises too little to change something by.
 */
export function assertMatches(ifMatch: string | undefined, revision: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))) {
    throw badRequest('headers.if-match', 'must be the ETag of an answer, quotes included, or *');
  }
  const current = etagOf(revision);
  if (tags.includes(current)) return;
  throw new Refusal(
    412,
    'HTTP_E_STATUS_PRECOND_FAILED',
    'The job has changed since it was read: read it again, and repeat the change if it still fits.',
    { headers: { etag: current } },
  );
}
