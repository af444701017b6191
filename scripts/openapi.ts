/** `node scripts/openapi.ts`: writes docs/openapi.json anew from the routes and their schemas. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { format } from 'prettier';

import { openApiDocument } from '../src/rest/openapi.ts';
import { root } from './run-command.ts';

/** Where the document is kept, so that a change of the interface shows in a review. */
export const openApiPath: string = join(root, 'docs', 'openapi.json');

/** The document as it should be committed. */
export async function openApiText(): Promise<string> {
  return await format(JSON.stringify(openApiDocument()), { parser: 'json', printWidth: 100 });
}

if (import.meta.main) await writeFile(openApiPath, await openApiText());
